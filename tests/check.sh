#!/bin/sh
# check.sh PART... - runs parts of the checks over the programs in $BUILD and adds up their last lines.
#
#   unit         the CUnit suites
#   golden       tests/golden (golden.sh)
#   corpus       the fuzz targets over generated seeds and tests/corpus
#   determinism  the same report whatever the threads, batches, compression, locale (determinism.sh)
#   capture      the recorder on this kernel (capture/check.sh); skipped, loudly, where BPF is not permitted
#   docs         docs/OUTPUT.md says what the tables are (make docs writes it)
#   headers      each header compiles alone (needs CC and CHECK_CPPFLAGS)
#   sweep        every-byte cuts and bit flips (tools/sweep)
#
# Every part ends with "N passed, N failed". A part that dies without it is one failure. The last line
# of this script is the sum; the exit status is 0 only if nothing failed and something passed.
set -u

BUILD=${BUILD:-build}
CC=${CC:-cc}
CHECK_CPPFLAGS=${CHECK_CPPFLAGS:-}
ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:detect_stack_use_after_return=1:abort_on_error=0}
UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
TSAN_OPTIONS=${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}
export BUILD CC CHECK_CPPFLAGS ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

run_corpus()
{
	"$BUILD/tools/mkseeds" "$work/seeds" || return 1
	"$BUILD/tools/mkseeds" --talks "$work/talks" || return 1
	corpus_passed=0
	corpus_failed=0
	for target in "$BUILD"/fuzz/*; do
		name=${target##*/}
		if "$target" "$work/seeds" "$work/talks" tests/corpus > "$work/replay" 2>&1; then
			corpus_passed=$((corpus_passed + $(sed -n 's/^\([0-9]*\) inputs$/\1/p' "$work/replay")))
		else
			echo "corpus: $name failed:"
			cat "$work/replay"
			corpus_failed=$((corpus_failed + 1))
		fi
	done
	echo "$corpus_passed passed, $corpus_failed failed"
}

run_docs()
{
	if "$BUILD/tools/output_doc" | diff - docs/OUTPUT.md; then
		echo "1 passed, 0 failed"
	else
		echo "docs/OUTPUT.md is not what the tables are: run 'make docs'"
		echo "0 passed, 1 failed"
		return 1
	fi
}

run_part()
{
	case $1 in
	unit) "$BUILD/unit" ;;
	golden) sh tests/golden.sh ;;
	corpus) run_corpus ;;
	determinism) sh tests/determinism.sh ;;
	capture) sh tests/capture/check.sh ;;
	docs) run_docs ;;
	headers) sh tests/check_headers.sh ;;
	sweep) "$BUILD/tools/sweep" ;;
	*) echo "check.sh: no part '$1'" >&2; return 2 ;;
	esac
}

for part in "$@"; do
	run_part "$part" > "$work/out" 2>&1
	status=$?
	line=$(grep -E '^([a-z]+: )?[0-9]+ passed, [0-9]+ failed' "$work/out" | tail -n 1)
	p=$(echo "$line" | sed -n 's/^[^0-9]*\([0-9]*\) passed, .*/\1/p')
	f=$(echo "$line" | sed -n 's/^.* passed, \([0-9]*\) failed.*/\1/p')
	skipped=$(echo "$line" | sed -n 's/^.* failed, \([0-9]*\) skipped.*/\1/p')
	if [ "${skipped:-0}" != 0 ]; then
		grep -h 'SKIPPED' "$work/out"
		echo "$part: $skipped SKIPPED"
	fi
	if [ "$p" = 0 ] && [ "${skipped:-0}" != 0 ] && [ "$f" = 0 ] && [ "$status" = 0 ]; then
		:
	elif [ -z "$line" ] || { [ "$status" != 0 ] && [ "$f" = 0 ]; } || { [ "$p" = 0 ] && [ "$f" = 0 ]; }; then
		echo "$part: ended with status $status and '${line:-no summary}'"
		f=$((${f:-0} + 1))
	fi
	if [ "$f" != 0 ]; then
		cat "$work/out"
	fi
	echo "$part: ${p:-0} passed, $f failed"
	passed=$((passed + ${p:-0}))
	failed=$((failed + f))
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
