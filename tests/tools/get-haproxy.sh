#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# get-haproxy.sh SUITE DIR
#
# Puts the HAProxy of another Debian suite into DIR, beside the one that is
# installed, and prints its version. DIR/haproxy runs it, with that suite's own
# libraries and loader. Nothing is installed and no root is needed; the packages
# come from the archive that apt uses here, checked with the keys apt trusts. A
# DIR that already holds a working one is left as it is.
#
# Ends with 0 when DIR/haproxy works, 69 when it is not to be had, 64 on wrong
# usage.

set -eu

usage=64
unavailable=69

fail() {
	code=$1
	shift
	echo "get-haproxy.sh: $*" >&2
	exit "$code"
}

[ $# -eq 2 ] || fail $usage "usage: get-haproxy.sh SUITE DIR"
suite=$1
case $suite in
'' | *[!a-z0-9-]*) fail $usage "'$suite' is no name of a suite" ;;
esac

if [ -x "$2/haproxy" ] && "$2/haproxy" -v 2>/dev/null | head -n 1; then
	exit 0
fi

for tool in apt-get dpkg dpkg-deb; do
	command -v $tool >/dev/null || fail $unavailable "no $tool here"
done

# Everything grows beside DIR and is moved there when it works.
mkdir -p "$(dirname "$2")"
parent=$(cd "$(dirname "$2")" && pwd)
target=$parent/$(basename "$2")
work=$(mktemp -d "$parent/.new-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# apt with sources, indices and installed packages of its own: none.
state=$work/apt
mkdir -p "$state/lists/partial" "$state/archives/partial" "$work/haproxy/root"
: >"$state/status"

private() {
	program=$1
	shift
	"$program" -o Dir::State="$state" -o Dir::State::lists="$state/lists" \
		-o Dir::State::status="$state/status" -o Dir::Cache="$state" \
		-o Dir::Etc::sourcelist="$state/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null \
		-o Acquire::Languages=none -o Acquire::Retries=3 \
		-o APT::Sandbox::User=root -o APT::Install-Recommends=false "$@"
}

write_sources() {
	# shellcheck disable=SC2016 # these are apt's variables
	archive=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' |
		sed -n 's/^Debian //p' | sed -n 1p)
	[ -n "$archive" ] ||
		fail $unavailable "apt knows no Debian archive; run apt-get update"
	key=/usr/share/keyrings/debian-archive-keyring.gpg
	options=arch=$(dpkg --print-architecture)
	[ ! -r $key ] || options="$options signed-by=$key"
	base=$suite
	# This one holds few packages; what they need is in the other.
	[ "$suite" != experimental ] || base="$suite sid"
	for name in $base; do
		echo "deb [$options] $archive $name main"
	done >"$state/sources.list"
}

# The packages as apt would install them, "name=version" each. HAProxy runs
# with the libraries alone: what else would be installed serves other ends.
plan_packages() {
	private apt-get -s -t "$suite" install haproxy |
		awk '$1 == "Inst" && $2 ~ /^(haproxy|lib.*|gcc-.*-base|zlib1g)$/ {
			print $2 "=" substr($3, 2)
		}' | grep -Ev '^lib(apt|perl|python|pam|debconf|systemd-shared)'
}

unpack() {
	root=$work/haproxy/root
	# As merged as in the suite: the loader's path goes through /lib64.
	for name in bin sbin lib lib64; do
		mkdir -p "$root/usr/$name"
		ln -s "usr/$name" "$root/$name"
	done
	for package in "$state"/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$package" |
			tar -C "$root" --keep-directory-symlink \
				--no-same-owner -xf -
	done
}

write_starter() {
	cat >"$work/haproxy/haproxy" <<'EOF'
#!/bin/sh
# HAProxy of another Debian suite, run by that suite's loader.
here=$(cd "$(dirname "$0")" && pwd)
for loader in "$here"/root/lib64/ld-linux*.so.* "$here"/root/lib/ld-linux*.so.*; do
	[ ! -e "$loader" ] || break
done
for libraries in "$here"/root/usr/lib/*-linux-gnu*; do
	[ ! -d "$libraries" ] || break
done
OPENSSL_CONF=${OPENSSL_CONF:-/dev/null}
OPENSSL_MODULES=$libraries/ossl-modules
export OPENSSL_CONF OPENSSL_MODULES
exec "$loader" --library-path "$libraries:$here/root/usr/lib" \
	"$here/root/usr/sbin/haproxy" "$@"
EOF
	chmod 755 "$work/haproxy/haproxy"
}

write_sources
private apt-get -q update >"$work/log" 2>&1 || {
	tail -n 3 "$work/log" >&2
	fail $unavailable "the archive has no suite '$suite' for us"
}
packages=$(plan_packages 2>"$work/log") || packages=
case $packages in
haproxy=* | *"
haproxy="*) ;;
*)
	tail -n 3 "$work/log" >&2
	fail $unavailable "no haproxy can be had from '$suite'"
	;;
esac
# shellcheck disable=SC2086 # one word each
(cd "$state/archives" && private apt-get -q download $packages) \
	>"$work/log" 2>&1 || {
	tail -n 3 "$work/log" >&2
	fail $unavailable "cannot download from '$suite'"
}
unpack
write_starter
"$work/haproxy/haproxy" -v >"$work/log" 2>&1 || {
	cat "$work/log" >&2
	fail $unavailable "the haproxy of '$suite' does not run here"
}
rm -rf "$target"
mv "$work/haproxy" "$target"
"$target/haproxy" -v | head -n 1
