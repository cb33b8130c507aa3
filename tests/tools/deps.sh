#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# deps.sh [build|demo|test]
#
# Installs the Debian packages that are missing: those to build, those the demo
# needs as well, or (without a word) those of the tests too. Prints the command
# before it runs it. Does nothing when nothing is missing.

set -eu

build="gcc make pkg-config libev-dev libcidr-dev libyaml-dev libjansson-dev"
demo="haproxy python3"
test="check valgrind libc6-dbg strace clang libclang-rt-dev clang-format cppcheck
	shellcheck mandoc"

case ${1:-test} in
build) wanted=$build ;;
demo) wanted="$build $demo" ;;
test) wanted="$build $demo $test" ;;
*)
	echo "usage: deps.sh [build|demo|test]" >&2
	exit 2
	;;
esac

command -v dpkg-query >/dev/null || {
	echo "deps.sh: no Debian system; these packages are needed: $wanted" >&2
	exit 1
}

missing=
for package in $wanted; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" \
		2>/dev/null) || status=
	[ "$status" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
	exit 0
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "deps.sh: needs root or sudo for:" >&2
		echo "  apt-get install$missing" >&2
		exit 1
	}
	as_root=sudo
fi

run() {
	echo "+ $*"
	"$@"
}

# Fresh indices only when the present ones do not know a package, or know a
# version that is gone.
known() {
	# shellcheck disable=SC2086 # one word each
	apt-cache show --no-all-versions $missing >/dev/null 2>&1
}

install() {
	# shellcheck disable=SC2086 # one word each
	run $as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y --no-install-recommends $missing
}

if known && install; then
	exit 0
fi
run $as_root apt-get update
install
