#!/bin/sh
# bench.sh - how fast thresher is on this machine, beside what any program must do with the same files.
# Prints tables; asserts nothing about time, because machines differ.
#
#   BUILD      where thresher and tools/ are (build)
#   SAMPLE     a scap file to make longer, plain or .zst or .gz (samples/web-incident.scap.zst)
#   EVENTS     events of the long capture, at least (10000000)
#   PACKETS    packets of the HTTP capture (1000000), and flows of the one with short flows
#   FLOWS      connections of the pair of captures that are joined (1000000; once each: 3 GB are read)
#   REPEAT     runs per measurement; the fastest counts (3)
#   TMPDIR     needs about 4 GB
set -eu
export LC_ALL=C

BUILD=${BUILD:-build}
SAMPLE=${SAMPLE:-samples/web-incident.scap.zst}
EVENTS=${EVENTS:-10000000}
PACKETS=${PACKETS:-1000000}
FLOWS=${FLOWS:-1000000}
REPEAT=${REPEAT:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

plain_of()
{
	case $1 in
	*.zst) zstd -dcq "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac
}

# measure LABEL COMMAND...: the fastest of REPEAT runs as "wall user sys rss_kb" in $got.
measure()
{
	label=$1
	shift
	: > "$work/times"
	i=0
	while [ "$i" -lt "$REPEAT" ]; do
		rm -rf "$work/out"
		"$BUILD/tools/timeit" "$work/times" "$@" > /dev/null 2> "$work/err" || {
			echo "bench: $label failed:" >&2
			cat "$work/err" >&2
			exit 1
		}
		i=$((i + 1))
	done
	got=$(sort -n "$work/times" | head -n 1)
}

field() { echo "$got" | cut -d ' ' -f "$1"; }

# row LABEL EVENTS BYTES: one line of the table from $got.
row()
{
	echo "$got" | awk -v label="$1" -v events="$2" -v bytes="$3" '{
		wall = $1 > 0.001 ? $1 : 0.001
		printf "%-34s %8.3f %8.2f %8.2f %9.1f %9.2f %8.1f\n", label, $1, $2 + $3, ($2 + $3) / wall, \
			events / wall / 1e6, bytes / wall / 1e9, $4 / 1024 }'
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", (b > 0.001 ? a / b : 0) }'; }

echo "making the long capture"
plain_of "$SAMPLE" > "$work/sample.scap"
# The servers of the sample go on serving: as many copies as give EVENTS, and a tenth of them.
one=$("$BUILD/tools/mkbench" 1 < "$work/sample.scap" 2>&1 > /dev/null)
two=$("$BUILD/tools/mkbench" 2 steady < "$work/sample.scap" 2>&1 > /dev/null)
copies=$((1 + (EVENTS - one + two - one - 1) / (two - one)))
short_copies=$((1 + (EVENTS / 10 - one + two - one - 1) / (two - one)))
events=$("$BUILD/tools/mkbench" "$copies" steady < "$work/sample.scap" 2>&1 > "$work/long.scap")
short_events=$("$BUILD/tools/mkbench" "$short_copies" steady < "$work/sample.scap" 2>&1 > "$work/short.scap")
gzip -1 -c "$work/long.scap" > "$work/long.scap.gz"
zstd -q -3 "$work/long.scap" -o "$work/long.scap.zst"
bytes=$(wc -c < "$work/long.scap")

echo "machine: $(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
echo "input: $SAMPLE times $copies: $events events, $bytes bytes" \
	"(gz $(wc -c < "$work/long.scap.gz"), zst $(wc -c < "$work/long.scap.zst")); fastest of $REPEAT"
echo
printf '%-34s %8s %8s %8s %9s %9s %8s\n' what 'wall s' 'cpu s' 'cores' 'M ev/s' 'GB/s' 'RSS MB'

measure cat cat "$work/long.scap"
row 'cat' "$events" "$bytes"
measure 'gzip -dc' gzip -dc "$work/long.scap.gz"
row 'gzip -dc' "$events" "$bytes"
gzip_wall=$(field 1)
measure 'zstd -dc' zstd -dcq "$work/long.scap.zst"
row 'zstd -dc' "$events" "$bytes"
zstd_wall=$(field 1)

for command in info report print; do
	for kind in '' .gz .zst; do
		for jobs in 1 2; do
			case $command in
			# What is read and counted; the join of it comes below.
			report) set -- report --no-join "-j$jobs" "$work/long.scap$kind" -o "$work/out" ;;
			*) set -- "$command" "-j$jobs" "$work/long.scap$kind" ;;
			esac
			measure "$command" "$BUILD/thresher" "$@"
			row "$command -j$jobs ${kind:-plain}" "$events" "$bytes"
			name=$(echo "${command}${jobs}${kind}" | tr -d .)
			eval "wall_$name=$(field 1) rss_$name=$(field 4)"
			eval "cpu_$name=$(echo "$got" | awk '{ print $2 + $3 }')"
		done
	done
done
measure 'report joined' "$BUILD/thresher" report -j2 "$work/long.scap" -o "$work/out"
requests=$("$BUILD/tools/csvcut" method < "$work/out/csv/http.csv" | tail -n +2 | wc -l)
row "report -j2 plain, with $requests requests" "$events" "$bytes"
requests_calls=$requests
cpu_requests=$(echo "$got" | awk '{ print $2 + $3 }')
rss_requests=$(field 4)
measure 'report short' "$BUILD/thresher" report --no-join -j2 "$work/short.scap" -o "$work/out"
row 'report -j2 plain, a tenth' "$short_events" "$(wc -c < "$work/short.scap")"
rss_short=$(field 4)

rm "$work/long.scap.gz" "$work/long.scap.zst"
churn_copies=$(((EVENTS + one - 1) / one))
churn_events=$("$BUILD/tools/mkbench" "$churn_copies" < "$work/sample.scap" 2>&1 > "$work/churn.scap")
measure 'report churn' "$BUILD/thresher" report --no-join -j2 "$work/churn.scap" -o "$work/out"
row "report -j2, $churn_copies times all processes" "$churn_events" "$(wc -c < "$work/churn.scap")"

rm "$work"/*.scap

echo
echo "making the packets"
"$BUILD/tools/mkhttp" "$work/http.pcapng" "$PACKETS" > "$work/http.found"
"$BUILD/tools/mkhttp" "$work/tenth.pcapng" "$((PACKETS / 10))" > "$work/tenth.found"
"$BUILD/tools/mkhttp" short "$work/scan.pcapng" "$PACKETS" > "$work/scan.found"
found() { sed -n "s/^$2=//p" "$work/$1.found"; }
packets=$(found http packets)
bytes=$(wc -c < "$work/http.pcapng")
echo "input: $packets packets, $bytes bytes, $(found http flows) flows, $(found http requests) HTTP requests;" \
	"a scan of $(found scan flows) flows; fastest of $REPEAT"
echo
printf '%-34s %8s %8s %8s %9s %9s %8s\n' what 'wall s' 'cpu s' 'cores' 'M pkt/s' 'GB/s' 'RSS MB'
measure cat cat "$work/http.pcapng"
row 'cat' "$packets" "$bytes"
for jobs in 1 2; do
	measure 'report of packets' "$BUILD/thresher" report "-j$jobs" "$work/http.pcapng" -o "$work/out"
	row "report -j$jobs HTTP" "$packets" "$bytes"
	eval "wall_http$jobs=$(field 1) rss_http$jobs=$(field 4)"
done
requests=$("$BUILD/tools/csvcut" method < "$work/out/csv/http.csv" | tail -n +2 | wc -l)
[ "$requests" = "$(found http requests)" ] || echo "bench: $requests requests found, $(found http requests) were made" >&2
measure 'report of packets' "$BUILD/thresher" report -j2 "$work/tenth.pcapng" -o "$work/out"
row 'report -j2 HTTP, a tenth' "$(found tenth packets)" "$(wc -c < "$work/tenth.pcapng")"
rss_tenth=$(field 4)
measure 'report of a scan' "$BUILD/thresher" report -j2 "$work/scan.pcapng" -o "$work/out"
row 'report -j2, a scan' "$(found scan packets)" "$(wc -c < "$work/scan.pcapng")"
rss_scan=$(field 4)
rm -rf "$work/out"
measure 'print of packets' "$BUILD/thresher" print -j2 "$work/http.pcapng"
row 'print -j2 HTTP' "$packets" "$bytes"
wall_lines=$(field 1)
# Once: it takes a hundred times as long, and as much memory.
tshark=no
if command -v tshark > /dev/null; then
	tshark=yes
	REPEAT=1
	measure tshark tshark -n -q -r "$work/http.pcapng" -z conv,tcp -z http,tree
	row 'tshark -q -z conv,tcp -z http,tree' "$packets" "$bytes"
	wall_tshark=$(field 1)
	rss_tshark=$(field 4)
fi

rm -rf "$work"/*.pcapng "$work/out"
REPEAT=1
echo
echo "making one server's system calls and packets"
mkdir "$work/pair" "$work/pair10"
"$BUILD/tools/mkpair" "$work/pair/calls.scap" "$work/pair/packets.pcapng" "$FLOWS" > "$work/pair.found"
"$BUILD/tools/mkpair" "$work/pair10/calls.scap" "$work/pair10/packets.pcapng" "$((FLOWS / 10))" > "$work/pair10.found"
records=$(($(found pair events) + $(found pair packets)))
bytes=$(cat "$work/pair"/* | wc -c)
echo "input: $(found pair flows) connections, $(found pair events) events, $(found pair packets) packets, $bytes bytes"
echo
printf '%-34s %8s %8s %8s %9s %9s %8s\n' what 'wall s' 'cpu s' 'cores' 'M rec/s' 'GB/s' 'RSS MB'
measure 'report of both' "$BUILD/thresher" report -j2 --no-join "$work/pair" -o "$work/out"
row 'report -j2 --no-join' "$records" "$bytes"
cpu_apart=$(echo "$got" | awk '{ print $2 + $3 }')
measure 'report, joined' "$BUILD/thresher" report -j2 "$work/pair" -o "$work/out"
row 'report -j2' "$records" "$bytes"
cpu_joined=$(echo "$got" | awk '{ print $2 + $3 }')
rss_joined=$(field 4)
flows=$("$BUILD/tools/csvcut" server_process < "$work/out/csv/joined_flows.csv" | grep -c nginx || true)
offset=$("$BUILD/tools/csvcut" offset < "$work/out/csv/clock.csv" | tail -n 1)
[ "$flows" = "$(found pair flows)" ] || echo "bench: $flows flows joined, $(found pair flows) were made" >&2
measure 'report, joined, a tenth' "$BUILD/thresher" report -j2 "$work/pair10" -o "$work/out"
row 'report -j2, a tenth' "$((records / 10))" "$((bytes / 10))"
rss_joined_tenth=$(field 4)
rm -rf "$work/pair" "$work/pair10" "$work/out"

echo
printf '%-58s %8s   %s\n' ratio here goal
goal() { printf '%-58s %8s   %s\n' "$1" "$2" "$3"; }
goal 'report -j2, M events/s' \
	"$(awk -v e="$events" -v w="$wall_report2" 'BEGIN { printf "%.1f", e / w / 1e6 }')" 'at least 24'
goal 'print -j2, M lines/s' \
	"$(awk -v e="$events" -v w="$wall_print2" 'BEGIN { printf "%.1f", e / w / 1e6 }')" 'at least 3, aim 6'
goal 'report -j2 of gzip input / gzip -dc' "$(ratio "$wall_report2gz" "$gzip_wall")" \
	'at most 1.00 (0.50 with ISA-L)'
goal 'report -j2 of zstd input / zstd -dc' "$(ratio "$wall_report2zst" "$zstd_wall")" 'at most 1.25'
goal 'report -j1 / report -j2, plain' "$(ratio "$wall_report1" "$wall_report2")" 'at least 1.80, aim 1.95'
goal 'info -j1 / info -j2, plain' "$(ratio "$wall_info1" "$wall_info2")" ''
goal 'print -j1 / print -j2, plain' "$(ratio "$wall_print1" "$wall_print2")" ''
goal 'peak RSS of report: whole / a tenth of it' "$(ratio "$rss_report2" "$rss_short")" 'at most 1.20'
goal 'report -j2 of HTTP, M packets/s' \
	"$(awk -v e="$packets" -v w="$wall_http2" 'BEGIN { printf "%.1f", e / w / 1e6 }')" 'at least 2, aim 5'
goal 'report -j1 / report -j2, HTTP' "$(ratio "$wall_http1" "$wall_http2")" 'at least 1.80'
goal 'print -j2 of HTTP, M lines/s' \
	"$(awk -v e="$packets" -v w="$wall_lines" 'BEGIN { printf "%.1f", e / w / 1e6 }')" ''
goal 'peak RSS, HTTP: whole / a tenth of it' "$(ratio "$rss_http2" "$rss_tenth")" ''
goal 'bytes of peak RSS per flow of a scan' \
	"$(awk -v r="$rss_scan" -v f="$(found scan flows)" 'BEGIN { printf "%.0f", r * 1024 / f }')" ''
goal 'join and the rows it adds, share of the CPU time' \
	"$(awk -v a="$cpu_apart" -v j="$cpu_joined" 'BEGIN { printf "%.2f", (j - a) / j }')" 'join alone at most 0.25'
goal 'offset found minus made, us' \
	"$(awk -v o="$offset" -v m="$(found pair offset_ns)" 'BEGIN { printf "%.0f", (o - m) / 1000 }')" \
	'within the drift of the capture'
goal 'bytes of peak RSS per joined connection' \
	"$(awk -v r="$rss_joined" -v s="$rss_joined_tenth" -v f="$FLOWS" 'BEGIN { printf "%.0f", (r - s) * 1024 / (f * 0.9) }')" ''
goal 'report of system calls: with the join / without, CPU' "$(ratio "$cpu_requests" "$cpu_report2")" ''
goal 'bytes of peak RSS per request found in calls alone' \
	"$(awk -v r="$rss_requests" -v s="$rss_report2" -v n="$requests_calls" 'BEGIN { printf "%.0f", (r - s) * 1024 / n }')" ''
if [ "$tshark" = yes ]; then
	goal 'tshark / report -j2, time' "$(ratio "$wall_tshark" "$wall_http2")" 'at least 10'
	goal 'report -j2 / tshark, peak RSS' "$(ratio "$rss_http2" "$rss_tshark")" 'at most 0.20'
else
	echo 'tshark is not installed: not measured beside it'
fi
