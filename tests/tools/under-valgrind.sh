#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# under-valgrind.sh FROM TO
#
# Puts programs into the directory TO that run those of FROM under valgrind:
# an error or a leak makes them end with 99.

set -eu

from=${1:?usage: under-valgrind.sh FROM TO}
to=${2:?usage: under-valgrind.sh FROM TO}
command -v valgrind >/dev/null || {
	echo "under-valgrind.sh: apt-get install valgrind libc6-dbg" >&2
	exit 1
}

mkdir -p "$to/tests" "$to/replay"
to=$(cd "$to" && pwd)
cd "$from"
for program in truesrc truesrcctl tests/* replay/*; do
	if [ ! -f "$program" ] || [ ! -x "$program" ]; then
		continue
	fi
	rm -f "$to/$program"
	# The load generator is none of what is tested, and must be quick.
	if [ "$program" = tests/load ]; then
		ln -s "$PWD/$program" "$to/$program"
		continue
	fi
	cat >"$to/$program" <<-END
		#!/bin/sh
		exec valgrind -q --error-exitcode=99 --leak-check=full \\
			--show-leak-kinds=definite,indirect \\
			--errors-for-leak-kinds=definite,indirect \\
			--num-callers=20 "$PWD/$program" "\$@"
	END
	chmod +x "$to/$program"
done
