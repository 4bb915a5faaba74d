#!/bin/sh
# check_layers.sh - compares every #include "..." under src/ and capture/ with tests/layers.txt. Headers generated at
# build (gen/...) count as the room that generates them.
set -u
export LC_ALL=C

find src capture -name '*.[ch]' -o -name '*.def' -type f | sort | xargs awk '
BEGIN {
	generated["gen/schema_codes.h"] = "schema"
	generated["gen/probe.skel.h"] = generated["gen/syscall_numbers.def"] = generated["gen/syscall_numbers_32.def"] = "capture"
	while ((getline line < "tests/layers.txt") > 0) {
		sub(/#.*/, "", line)
		n = split(line, word, /[ \t]+/)
		if (n == 0 || word[1] == "") { continue }
		known[word[1]] = 1
		for (i = 2; i <= n; i++) { if (word[i] != "") { allowed[word[1], word[i]] = 1 } }
	}
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	header = $0
	sub(/^[^"]*"/, "", header)
	sub(/".*/, "", header)
	split(FILENAME, part, "/")
	if (part[2] == "bpf") { next }	# compiled for the kernel: their includes are the compiler'"'"'s and their own
	room = part[1] == "src" ? part[2] : part[1]
	slash = index(header, "/")
	if (header in generated) { target = generated[header] }
	else if (slash == 0) { target = room }
	else { target = substr(header, 1, slash - 1) }
	ok = (room in known) && (target == room || (room, target) in allowed || (room, header) in allowed)
	if (ok) { passed++ }
	else { failed++; printf "%s:%d: %s may not include %s\n", FILENAME, FNR, room, header }
}
END { printf "%d passed, %d failed\n", passed, failed; exit failed != 0 || passed == 0 }'
