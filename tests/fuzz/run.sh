#!/bin/sh
# run.sh - fuzzes each target in $BUILD/fuzzers for $FUZZ_SECONDS with generated seeds and tests/corpus.
#
# Keeps what was learned in $BUILD/learned, writes what broke a target to $BUILD/found. One target at a time;
# the exit status is 1 when any broke.
set -u

BUILD=${BUILD:-build-fuzz}
FUZZ_SECONDS=${FUZZ_SECONDS:-60}
ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export ASAN_OPTIONS UBSAN_OPTIONS

"$BUILD/tools/mkseeds" "$BUILD/seeds" && "$BUILD/tools/mkseeds" --talks "$BUILD/talks" || exit 1
mkdir -p "$BUILD/found"
failed=0
for target in "$BUILD"/fuzzers/*; do
	name=${target##*/}
	mkdir -p "$BUILD/learned/$name"
	dict=tests/fuzz/$name.dict
	[ -e "$dict" ] || dict=tests/fuzz/blocks.dict
	echo "== $name"
	"$target" -max_total_time="$FUZZ_SECONDS" -max_len=65536 -len_control=20 -timeout=10 -rss_limit_mb=2048 \
		-use_value_profile=1 -print_final_stats=1 -verbosity=0 -dict="$dict" \
		-artifact_prefix="$BUILD/found/$name-" "$BUILD/learned/$name" "$BUILD/seeds" "$BUILD/talks" tests/corpus ||
		failed=1
done
exit $failed
