#!/bin/sh
# determinism.sh - the law "same input, same bytes out": report, print and info of real captures from any
# number of threads, batch size, compression, locale and time zone, compared byte by byte with -j1.
set -u

BUILD=${BUILD:-build}
top=$(pwd)
case $BUILD in
/*) build=$BUILD ;;
*) build=$top/$BUILD ;;
esac
thresher=$build/thresher
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# ok NAME A B: both are there, not empty, and the same, file or folder.
ok()
{
	if [ -s "$2" ] && [ -s "$3" ] && diff -r "$2" "$3" > "$work/diff" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "differs: $1"
		[ ! -e "$work/diff" ] || head -n 20 "$work/diff"
	fi
}

report() { "$thresher" report -q --reproducible -o "$@" || echo "status $?: report $*"; }

# The capture under one name in every form, so that only the form differs.
mkdir "$work/plain" "$work/zst" "$work/gz"
zstd -dcq samples/web-incident.scap.zst > "$work/plain/capture"
cp samples/web-incident.scap.zst "$work/zst/capture"
gzip -1 -c "$work/plain/capture" > "$work/gz/capture"

cd "$work/plain" || exit 1
report "$work/base" -j1 capture
for jobs in 2 3 8; do
	report "$work/j" -j$jobs capture
	ok "report -j$jobs" "$work/base" "$work/j"
	rm -rf "$work/j"
done
for bytes in 4K 65537 8M; do
	report "$work/b" -j2 --batch-bytes $bytes capture
	ok "report --batch-bytes $bytes" "$work/base" "$work/b"
	rm -rf "$work/b"
done
LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8 TZ=Pacific/Chatham report "$work/l" -j2 capture
ok 'report in another locale and time zone' "$work/base" "$work/l"
# The compressed forms differ in the columns that name the form, so their tables are compared, not the page.
for kind in zst gz; do
	cd "$work/$kind" || exit 1
	report "$work/$kind.report" -j2 capture
	for table in processes commands syscalls; do
		ok "report of $kind: $table" "$work/base/csv/$table.csv" "$work/$kind.report/csv/$table.csv"
	done
done

cd "$work/plain" || exit 1
"$thresher" print -q -j1 capture > "$work/print1"
"$thresher" print -q -j8 --batch-bytes 4K capture > "$work/print8"
ok 'print -j8 in small batches' "$work/print1" "$work/print8"
"$thresher" print -q --json -j1 "$top/tests/data/small.scap" > "$work/json1"
"$thresher" print -q --json -j2 --batch-bytes 5000 "$top/tests/data/small.scap" > "$work/json2"
ok 'print --json' "$work/json1" "$work/json2"
"$thresher" info -q --json -j1 capture > "$work/info1"
"$thresher" info -q --json -j8 --batch-bytes 4K capture > "$work/info8"
ok 'info -j8' "$work/info1" "$work/info8"

# Packets: flows are tracked side by side, streams and transactions go on from batch to batch.
gzip -dc "$top/samples/web-incident.pcapng.gz" > packets
report "$work/packets.base" -j1 packets
for jobs in 2 8; do
	report "$work/j" -j$jobs packets
	ok "report of packets -j$jobs" "$work/packets.base" "$work/j"
	rm -rf "$work/j"
done
for bytes in 4K 65537 8M; do
	report "$work/b" -j2 --batch-bytes $bytes packets
	ok "report of packets --batch-bytes $bytes" "$work/packets.base" "$work/b"
	rm -rf "$work/b"
done
"$thresher" print -q -j1 packets > "$work/print1"
"$thresher" print -q -j8 --batch-bytes 4K packets > "$work/print8"
ok 'print of packets -j8 in small batches' "$work/print1" "$work/print8"
"$build/tools/weave" "$top/tests/data/small.scap" "$top/tests/data/small.pcapng" > both
report "$work/both1" -j1 both
report "$work/both8" -j8 --batch-bytes 4K both
ok 'report of syscalls and packets -j8 in small batches' "$work/both1" "$work/both8"
"$build/tools/mkhttp" short short 3000 > /dev/null
report "$work/short1" -j1 short
report "$work/short8" -j8 --batch-bytes 4K short
ok 'report of short flows -j8 in small batches' "$work/short1" "$work/short8"
# A site whose connections overlap, with segments sent again and swapped.
"$build/tools/mkhttp" site 30000 > /dev/null
report "$work/site1" -j1 site
report "$work/site8" -j8 --batch-bytes 5000 site
ok 'report of a site -j8 in small batches' "$work/site1" "$work/site8"
rm packets both short site

# Several sources at once: the order in which threads finish must not show.
mkdir "$work/many"
"$build/tools/mkseeds" "$work/many"
cp "$top/tests/data/small.scap" "$top/tests/data/small.pcapng" "$work/many"
cd "$work" || exit 1
report "$work/many1" -j1 many
report "$work/many8" -j8 --batch-bytes 4K many
ok 'report of a folder -j8' "$work/many1" "$work/many8"
"$thresher" print -q -j1 many > "$work/manyprint1"
"$thresher" print -q -j8 --batch-bytes 4K many > "$work/manyprint8"
ok 'print of a folder -j8' "$work/manyprint1" "$work/manyprint8"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
