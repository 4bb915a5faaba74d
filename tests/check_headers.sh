#!/bin/sh
# check_headers.sh - compiles each header of src/ and tests/ alone: a header includes what it needs.
# CC and CHECK_CPPFLAGS come from the Makefile.
set -u

passed=0
failed=0
for header in $(find src capture tests -path capture/bpf -prune -o -name '*.h' -print | LC_ALL=C sort); do
	# Twice, so that a missing guard shows.
	if printf '#include "%s"\n#include "%s"\n' "${header#src/}" "${header#src/}" |
		"$CC" $CHECK_CPPFLAGS -I. -std=gnu17 -Wall -Wextra -Werror -fsyntax-only -x c -; then
		passed=$((passed + 1))
	else
		echo "header does not stand alone: $header"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
