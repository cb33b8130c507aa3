#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [quick] [docs]: all measurements. With "quick" some minutes, else an
# hour; with "docs" the figures go into docs/performance.md. Ends with 1 when a
# bound is missed.

set -u
cd "$(dirname "$0")/../.." || exit 1

B=${B:-build/release}
python=/usr/bin/python3
quick=
docs=
for word in "$@"; do
	case $word in
	quick) quick=--quick ;;
	docs) docs=yes ;;
	*)
		echo "usage: run.sh [quick] [docs]" >&2
		exit 2
		;;
	esac
done

saved=$B/bench
mkdir -p "$saved" || exit 1
missed=0

# measure NAME [OPTION...]: NAME.py, its figures to be kept.
measure() {
	name=$1
	shift
	echo "# $name"
	"$python" "tests/bench/$name.py" ${quick:+"$quick"} "$@" \
		--save "$saved/$name.json" "$B" || missed=1
}

if [ -z "$quick" ] && command -v valgrind >/dev/null; then
	measure tables --instructions
else
	measure tables
fi
measure whole
measure changes
measure large
for name in answers explain; do
	echo "# $name"
	"$python" "tests/bench/$name.py" "$B" || missed=1
done
[ -z "$docs" ] || "$python" tests/bench/report.py "$saved" || missed=1
exit "$missed"
