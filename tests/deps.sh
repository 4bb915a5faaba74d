#!/bin/sh
# deps.sh PACKAGE... - installs the Debian packages that are missing, as root or through sudo. Says
# nothing when all are there. Changes nothing else.
set -eu

if ! command -v dpkg-query > /dev/null 2>&1; then
	echo "deps: no dpkg here: install what corresponds to these Debian packages:" "$@" >&2
	echo "deps: then 'make' builds and 'make check-parts PARTS=\"unit golden corpus\"' tests" >&2
	exit 1
fi

missing=
installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2> /dev/null || true)
for package in "$@"; do
	case "
$installed
" in
	*"
$package installed
"*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	as_root=
elif command -v sudo > /dev/null 2>&1; then
	as_root=sudo
else
	echo "deps: missing:$missing" >&2
	echo "deps: neither root nor sudo: install them, then run make again" >&2
	exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "deps: installing$missing"
# A fresh system has no package lists yet, an old one has stale ones.
if ! $as_root apt-get -q update > "$log" 2>&1; then
	cat "$log" >&2
	echo "deps: apt-get update failed, trying with the lists at hand" >&2
fi
# shellcheck disable=SC2086
if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
	install $missing > "$log" 2>&1; then
	cat "$log" >&2
	echo "deps: could not install:$missing" >&2
	exit 1
fi
