#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# manual.sh [--check] BUILD_DIR
#
# Makes docs/man/truesrc.yaml.5 from the .in beside it and the keys that
# BUILD_DIR/truesrc knows. With --check it changes nothing, and prints TAP: the
# page in the tree has to be what would be made.

set -eu

usage() {
	echo "usage: manual.sh [--check] BUILD_DIR" >&2
	exit 2
}

check=
if [ "${1:-}" = --check ]; then
	check=1
	shift
fi
[ $# -eq 1 ] || usage
program=$1/truesrc
[ -x "$program" ] || {
	echo "manual.sh: no program $program" >&2
	exit 2
}
program=$(cd "$(dirname "$program")" && pwd)/truesrc
cd "$(dirname "$0")/../.."

page=docs/man/truesrc.yaml.5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# names FILE…: what they are called without their ending, one paragraph.
names() {
	for file; do
		name=$(basename "$file")
		echo "${name%.*}"
	done | LC_ALL=C sort | sed '$!s/$/ ,/; s/^/.Cm /; $s/$/ ./'
}

# Breaks long lines of text; none may then begin as a request of roff.
wrap() {
	awk '
	/^\./ || length($0) <= 80 { print; next }
	{
		line = ""
		for (i = 1; i <= NF; i++) {
			if (line != "" && length(line " " $i) > 78) {
				print line
				line = ""
			}
			word = $i
			if (line == "" && word ~ /^[.\047]/)
				word = "\\&" word
			line = line == "" ? word : line " " word
		}
		print line
	}'
}

make_page() {
	"$program" -dM >"$work/raw"
	wrap <"$work/raw" >"$work/tables"
	[ -s "$work/tables" ] || {
		echo "manual.sh: $program -dM prints nothing" >&2
		return 1
	}
	names conf/like/*.yaml >"$work/likes"
	names conf/presets/*.txt >"$work/presets"
	echo '.\" Made by tests/tools/manual.sh from truesrc.yaml.5.in'
	sed -e "/^@TABLES@\$/{
r $work/tables
d
}" -e "/^@PRESETS@\$/{
r $work/presets
d
}" -e "/^@LIKES@\$/{
r $work/likes
d
}" "$page.in"
}

make_page >"$work/page"
if [ -z "$check" ]; then
	cp "$work/page" "$page"
	exit 0
fi

echo 1..1
if diff -u "$page" "$work/page" >"$work/diff"; then
	echo "ok 1 - $page is what $program -dM makes"
else
	echo "not ok 1 - $page is out of date: run tests/tools/manual.sh"
	sed 's/^/# /' "$work/diff"
	exit 1
fi
