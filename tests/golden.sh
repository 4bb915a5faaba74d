#!/bin/sh
# golden.sh [--update] [CASE...] - runs the cases of tests/golden (all, or those named) and compares what
# they print. See tests/README.md for how a case looks.
#
# A case runs in an empty scratch folder with C locale and UTC:
#   $THRESHER   the program           $DATA     tests/data      $SAMPLES  samples/
#   $TOOLS      $BUILD/tools          $NOBODY   prefix that drops root's rights ("" when not root)
# data and samples are linked into the scratch folder, so that names in messages are always the same.
set -u
export LC_ALL=C TZ=UTC
# No filters of whoever runs this.
export XDG_CONFIG_HOME=/nonexistent

BUILD=${BUILD:-build}
top=$(pwd)
case $BUILD in
/*) build_abs=$BUILD ;;
*) build_abs=$top/$BUILD ;;
esac

# Compares file $2 with pattern file $1: one shell pattern per line, '...' stands for any number of lines.
glob_match()
{
	awk -v patterns="$1" '
	# A shell pattern as an anchored regular expression: * and ? and the rest literally.
	function regex(s,    i, c, out) {
		out = "^"
		for (i = 1; i <= length(s); i++) {
			c = substr(s, i, 1)
			if (c == "*") { out = out ".*" }
			else if (c == "?") { out = out "." }
			else if (c ~ /[A-Za-z0-9 _=:,\/<>"'\''%@!~#;&-]/) { out = out c }
			else if (c == "^" || c == "\\") { out = out "\\" c }
			else { out = out "[" c "]" }
		}
		return out "$"
	}
	# Greedy with backtracking only at the last "...".
	function matches(   i, j, star_i, star_j) {
		i = 1; j = 1; star_i = 0
		while (j <= n) {
			if (i <= np && pat[i] == "...") { star_i = i++; star_j = j }
			else if (i <= np && line[j] ~ regex(pat[i])) { i++; j++ }
			else if (star_i) { i = star_i + 1; j = ++star_j }
			else { printf "line %d: %s\n", j, line[j]; return 0 }
		}
		while (i <= np && pat[i] == "...") { i++ }
		if (i <= np) { printf "missing: %s\n", pat[i] }
		return i > np
	}
	BEGIN { while ((getline p < patterns) > 0) { pat[++np] = p } }
	{ line[++n] = $0 }
	END { exit !matches() }' "$2"
}

# One stream of a case: $1 case folder, $2 stdout or stderr, $3 what was printed.
compare()
{
	if [ -e "$1/$2.glob" ]; then
		glob_match "$1/$2.glob" "$3" > "$3.why" && return 0
		echo "$2 does not match ${1#"$top"/}/$2.glob: $(cat "$3.why")"
		sed 's/^/    /' "$3" | head -n 40
		return 1
	fi
	expected=/dev/null
	[ -e "$1/$2.exact" ] && expected=$1/$2.exact
	diff -u --label "${1#"$top"/}/$2.exact" --label "$2" "$expected" "$3" && return 0
	return 1
}

# Rewrites the expectation of one stream; patterns are left to their author.
update()
{
	if [ -e "$1/$2.glob" ]; then
		glob_match "$1/$2.glob" "$3" > /dev/null || echo "${1#"$top"/}/$2.glob no longer matches: edit it"
	elif [ -s "$3" ]; then
		cp "$3" "$1/$2.exact"
	else
		rm -f "$1/$2.exact"
	fi
}

run_case()
{
	folder=$top/tests/golden/$1
	scratch=$(mktemp -d)
	chmod 755 "$scratch"
	mkdir "$scratch/run"
	chmod 777 "$scratch/run"
	ln -s "$top/tests/data" "$scratch/run/data"
	ln -s "$top/samples" "$scratch/run/samples"
	(
		cd "$scratch/run" || exit 125
		THRESHER=$build_abs/thresher DATA=data SAMPLES=samples TOOLS=$build_abs/tools \
			NOBODY=$nobody timeout 300 sh "$folder/cmd" < /dev/null > ../stdout 2> ../stderr
		echo $? > ../exit
	)
	status=$(cat "$scratch/exit")
	wanted=$(cat "$folder/exit" 2> /dev/null || echo 0)
	if [ "$updating" = yes ]; then
		update "$folder" stdout "$scratch/stdout"
		update "$folder" stderr "$scratch/stderr"
		if [ "$status" = 0 ]; then rm -f "$folder/exit"; else echo "$status" > "$folder/exit"; fi
		echo "updated $1"
		result=0
	else
		result=0
		compare "$folder" stdout "$scratch/stdout" || result=1
		compare "$folder" stderr "$scratch/stderr" || result=1
		if [ "$status" != "$wanted" ]; then
			echo "exit status $status, expected $wanted"
			result=1
		fi
		if [ $result = 0 ]; then echo "ok $1"; else echo "FAILED $1"; fi
	fi
	rm -rf "$scratch"
	return $result
}

updating=${GOLDEN_UPDATING:-no}
nobody=
if [ "$(id -u)" = 0 ]; then
	nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
fi

if [ "${1:-}" = --one ]; then
	run_case "$2" > "$GOLDEN_OUT/$2" 2>&1
	exit 0
fi
if [ "${1:-}" = --update ]; then
	updating=yes
	shift
fi

GOLDEN_OUT=$(mktemp -d)
trap 'rm -rf "$GOLDEN_OUT"' EXIT
export GOLDEN_OUT
export GOLDEN_UPDATING=$updating
if [ $# -gt 0 ]; then
	cases=$*
else
	cases=$(cd tests/golden && ls -d */ | tr -d /)
fi
for name in $cases; do
	if [ ! -e "tests/golden/$name/cmd" ]; then
		echo "golden: no case '$name'" >&2
		exit 2
	fi
done
# shellcheck disable=SC2086
printf '%s\n' $cases | xargs -P "$(nproc)" -n 1 sh "$0" --one

passed=0
failed=0
for name in $cases; do
	if [ "$updating" = yes ]; then
		cat "$GOLDEN_OUT/$name"
		passed=$((passed + 1))
	elif tail -n 1 "$GOLDEN_OUT/$name" | grep -q '^ok '; then
		passed=$((passed + 1))
	else
		cat "$GOLDEN_OUT/$name"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
