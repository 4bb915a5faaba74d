#!/bin/sh
# tests/capture/bench.sh - what recording costs: `make bench-capture`. As root; 2 to 3 minutes.
#
#   dd        the worst case: two million calls of one byte each, nothing else
#   compile   a C file, over and over
#   http      an HTTP server under load (the Python one where there is no nginx): requests a second
#
# Each bare, recorded into a file (plain, zstd), and dd under strace. Times are the best of three; drops are counted over all.
set -u
export LC_ALL=C

BUILD=${BUILD:-build}
rec=$BUILD/thresher-capture
thresher=$BUILD/thresher
work=$(mktemp -d "${TMPDIR:-/tmp}/thresher-bench-capture.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
COUNT=${COUNT:-2000000}

if ! "$rec" --check > "$work/can"; then
	cat "$work/can"
	echo "bench-capture: this machine does not let thresher-capture record" >&2
	exit 1
fi

# Seconds that the command took by itself: the recorder's start is not the workload's.
seconds()
{
	sh -c 'begin=$(date +%s.%N); "$@" > /dev/null 2>&1; end=$(date +%s.%N); echo "$begin $end" > "$0"' "$work/time" "$@"
	awk '{ printf "%.3f\n", $2 - $1 }' "$work/time"
}

best()
{
	for i in 1 2 3; do
		"$@"
	done | sort -n | head -n 1
}

# recorded FILE COMMAND...: the seconds of the command while it is recorded.
recorded()
{
	file=$1
	shift
	"$rec" --force -w "$file" -- sh -c 'begin=$(date +%s.%N); "$@" > /dev/null 2>&1; end=$(date +%s.%N); echo "$begin $end" > "$0"' \
		"$work/time" "$@" 2>> "$work/messages"
	awk '{ printf "%.3f\n", $2 - $1 }' "$work/time"
}

row()
{
	awk -v what="$1" -v t="$2" -v bare="$3" -v more="${4:-}" 'BEGIN { printf "%-34s %8.3f s  %6.2f x  %s\n", what, t, t / bare, more }'
}

drops()
{
	sed -n 's/.*dropped: \([0-9]*\) events.*/\1/p' "$work/messages" | awk '{ n += $1 } END { print n + 0 }'
}

events()
{
	"$thresher" info -q "$1" | awk '$1 == "events" { gsub(",", "", $2); print $2 }'
}

uname -srm
echo "$(nproc) CPUs, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
echo

: > "$work/messages"
set -- dd if=/dev/zero of=/dev/null bs=1 count="$COUNT"
bare=$(best seconds "$@")
row "dd, $COUNT times one byte, bare" "$bare" "$bare"
for file in d.scap d.scap.zst /dev/null; do
	path=$file
	[ $file = /dev/null ] || path=$work/$file
	t=$(best recorded "$path" "$@")
	n=$([ $file = /dev/null ] && echo $((2 * COUNT)) || events "$path")
	row "dd recorded into $file" "$t" "$bare" "$(awk -v n="$n" -v t="$t" 'BEGIN { printf "%.2f M events/s", n / t / 1e6 }'), $(drops) dropped"
done
if command -v strace > /dev/null; then
	t=$(seconds strace -f -o /dev/null dd if=/dev/zero of=/dev/null bs=1 count=$((COUNT / 20)))
	row "dd under strace (a 20th, times 20)" "$(awk -v t="$t" 'BEGIN { print 20 * t }')" "$bare"
fi
echo

cat > "$work/compile.c" << 'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
int main(int argc, char **argv) { return argc > 1 && strcmp(argv[1], "x") == 0 ? puts("x") : 0; }
C
cat > "$work/compile.sh" << 'S'
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do cc -O1 -o "$1/compiled" "$1/compile.c"; done
S
: > "$work/messages"
bare=$(best seconds sh "$work/compile.sh" "$work")
row "compile 20 files, bare" "$bare" "$bare"
t=$(best recorded "$work/c.scap" sh "$work/compile.sh" "$work")
row "compile recorded" "$t" "$bare" "$(events "$work/c.scap") events, $(drops) dropped"
echo

# The server is recorded, its clients are not: 4 of them, one request after the other.
cc -O2 -pthread -o "$work/httpload" "$(dirname "$0")/httpload.c" || exit 1
: > "$work/messages"
bare=$(best seconds "$work/httpload" 20000)
row "20,000 HTTP requests, bare" "$bare" "$bare" "$(awk -v t="$bare" 'BEGIN { printf "%d requests/s", 20000 / t }')"
t=$(best recorded "$work/h.scap" "$work/httpload" 20000)
row "the same, server and clients recorded" "$t" "$bare" "$(awk -v t="$t" 'BEGIN { printf "%d requests/s", 20000 / t }'), $(events "$work/h.scap") events, $(drops) dropped"
