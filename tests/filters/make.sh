#!/bin/sh
# make.sh EXPECTED - counts how many events and packets of the sample pass the filters of events.cases and packets.cases, by other means
# than thresher: awk over EXPECTED, and tshark (4.0) over samples/web-incident.pcapng.gz.
#
# EXPECTED is what the reference implementation of system call captures prints for every event of samples/web-incident.scap.zst
# that is shown (not the lists of users and groups): time in ns, tid, pid, process, event, result, fd, fd name; tabs between, a
# heading, empty for no value. Run from the top of the tree; writes events.tsv and packets.tsv beside this file: count, filter. The
# checks only read those (golden/filters).
set -eu
export LC_ALL=C TZ=UTC
here=tests/filters
sample=samples/web-incident.pcapng.gz
expected=${1:?name the file with the expected events}

# One awk program counts for all filters in one pass.
{
	echo 'BEGIN { FS = "\t" } FNR == 1 { next }'
	echo '{ time = $1 ""; tid = $2; pid = $3; proc = $4 ""; event = $5 ""; res = $6; fd = $7; name = $8 "" }'
	grep -v '^#' "$here/events.cases" | awk -F '\t' '{ printf "%s { count[%d]++ }\n", $2, NR }'
	printf 'END { for (i = 1; i <= %d; i++) print count[i] + 0 }\n' "$(grep -vc '^#' "$here/events.cases")"
} > "$here/count.awk"
awk -f "$here/count.awk" "$expected" > "$here/counts"
grep -v '^#' "$here/events.cases" | cut -f 1 | paste "$here/counts" - > "$here/events.tsv"
rm "$here/count.awk" "$here/counts"

grep -v '^#' "$here/packets.cases" | while IFS="$(printf '\t')" read -r filter display; do
	[ "$display" != '=' ] || display=$filter
	printf '%s\t%s\n' "$(tshark -r "$sample" -n -Y "$display" -T fields -e frame.number 2> /dev/null | wc -l)" "$filter"
done > "$here/packets.tsv"
wc -l "$here/events.tsv" "$here/packets.tsv"
