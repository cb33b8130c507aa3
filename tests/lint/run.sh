#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The rules of the house, as far as a machine can see to them. Prints TAP.
# LINT_BUILD=0 leaves out the two builds, which take longest.

set -u
cd "$(dirname "$0")/../.." || exit 1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# ---- what there is to look at ----

all_files() {
	git ls-files --cached --others --exclude-standard 2>/dev/null ||
		find . -path ./build -prune -o -path ./.haproxy -prune -o \
			-type f -print | sed 's#^\./##'
}

# A file that git knows may be gone from the tree.
all_files | while IFS= read -r file; do
	[ ! -f "$file" ] || echo "$file"
done | sort -u >"$work/files"

files() {
	grep -E "$1" "$work/files"
}

# ---- TAP ----

number=0
failures=0

# check NAME COMMAND...: the command is silent and ends with 0 when all is well.
check() {
	name=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/out" 2>&1; then
		echo "ok $number - $name"
	else
		failures=$((failures + 1))
		echo "not ok $number - $name"
		head -n 40 "$work/out" | sed 's/^/#   /'
	fi
}

# Prints what it reads, and fails if that is anything.
nothing() {
	! grep .
}

# Every file of the second pattern that has a line of the first.
without() {
	files "$2" | xargs -r grep -HnE "$1" | nothing
}

# ---- layers: proto <- conf <- agent ----

own_includes() {
	without "^#include \"(.*\.c\"|\.\.?/|[^/]*\")" '\.[ch]$'
}

proto_includes() {
	files '^proto/.*\.[ch]$' | xargs -r grep -HnE '^#include "' |
		grep -v '#include "proto/' | nothing
}

proto_text_includes() {
	without '#include "proto/spop/' '^proto/text/'
}

# The language and strings: nothing that reads, writes or waits.
pure_headers='assert|ctype|errno|inttypes|limits|stdbool|stddef|stdint|stdlib|string|endian'
proto_pure() {
	files '^proto/.*\.[ch]$' | xargs -r grep -HnE '^#include <' |
		grep -vE "<($pure_headers)\.h>" | nothing
}

proto_allocates_nothing() {
	without '\<(malloc|calloc|realloc|reallocarray|strdup|strndup|free) *\(' \
		'^proto/.*\.[ch]$'
}

conf_includes() {
	files '^conf/.*\.[ch]$' | xargs -r grep -HnE '^#include "' |
		grep -vE '#include "(conf|proto/text)/' | nothing
}

policy_includes() {
	files '^agent/policy/.*\.[ch]$' | xargs -r grep -HnE '^#include "' |
		grep -vE '#include "(agent/policy/|agent/table/table\.h|agent/(ensure|poison)\.h|conf/(lists|load)/|proto/text/)' |
		nothing
}

policy_pure() {
	without '^#include <(sys/|netinet/|arpa/|netdb|poll|pthread|unistd|fcntl|time|ev\.h)|\<(v?f?printf|puts|fputs|fopen|open|read|write|recv|send|clock|time) *\(' \
		'^agent/policy/.*\.[ch]$'
}

control_flow_of_libraries() {
	files '^agent/(policy|table|dynamic|store|lists)/' | xargs -r grep -HnE \
		'#include "agent/(spop|console|main)' | nothing
}

# Memory and arithmetic alone: what others put together from.
parts_includes() {
	files '^agent/(table|dynamic)/.*\.[ch]$' | xargs -r grep -HnE '^#include "' |
		grep -vE '#include "(agent/(table|dynamic)/|agent/(ensure|poison)\.h|conf/lists/|proto/text/)' |
		nothing
}

libev_in_agent() {
	without '^#include <ev\.h>' '^(proto|conf)/'
}

# main() alone may name them as well, for it prints the versions of all.
libcidr_in_conf() {
	without '^#include <libcidr\.h>' '^(proto|agent/[a-z]+)/'
}

libyaml_in_conf() {
	without '^#include <yaml\.h>' '^(proto|agent/[a-z]+)/'
}

exit_in_main() {
	files '^(proto|conf|agent)/.*\.[ch]$' |
		grep -vxE 'agent/(main|control/truesrcctl)\.c' |
		xargs -r grep -HnE '\<(_?exit|_Exit|quick_exit) *\(' | nothing
}

# What others cause is no assertion, and ours stay on in production.
no_assert() {
	without '#include <assert\.h>|\<NDEBUG\>' '^(proto|conf|agent)/'
}

# ---- size ----

file_lines() {
	files '\.[ch]$' | xargs -r wc -l | awk '
	$2 != "total" && $1 > 600 { print $2 ": " $1 " lines" }' | nothing
}

nine_files_in_ten() {
	files '^(proto|conf|agent)/.*\.[ch]$' | xargs -r wc -l | awk '
	$2 == "total" { next }
	{ count++ }
	$1 > 500 { long++; print $2 ": " $1 " lines" }
	END { exit long * 10 > count }'
}

nine_functions_in_ten() {
	files '^(proto|conf|agent)/.*\.c$' |
		xargs -r awk -f tests/lint/functions.awk | awk '
	{ count++ }
	$1 > 55 { long++; print $2 ": " $1 " lines" }
	END { print long + 0 " of " count + 0; exit long * 10 > count }'
}

# ---- text ----

spdx() {
	files '(\.([ch]|sh|py|mk|awk)|^Makefile|^\.ci/run)$' |
		while IFS= read -r file; do
			head -n 2 "$file" |
				grep -q 'SPDX-License-Identifier: Apache-2.0' ||
				echo "$file"
		done | nothing
}

clang_formatted() {
	files '\.[ch]$' | xargs -r clang-format --dry-run -Werror
}

# The project stands alone: it names neither where it was written nor the
# hosts that packages came from.
foreign_words() {
	hosts='deb\.debian''\.org|security\.debian''\.org|registry\.npmjs'
	places='(^|[^A-Za-z0-9_.])/wor''k/|\.\./sha''red|/fa''rm/|\.\./\.lib''rary'
	xargs -r grep -HnIE "$hosts|$places" <"$work/files" | nothing
}

left_for_later() {
	files '\.([ch]|sh|py)$|^Makefile$' | grep -v '^tests/lint/' |
		xargs -r grep -HnE '\<(TODO|FIXME|XXX)\>' | nothing
}

trailing_blanks() {
	files '\.([ch]|sh|py|mk|md|yaml|cfg|conf)$|^Makefile$' |
		grep -vE '^tests/(conf|fuzz)/' |
		xargs -r grep -HnE '[ 	]+$' | nothing
}

# ---- programs that look ----

warnings() {
	make -j2 WERROR=1 CC="$1" B="build/lint-$1" all units tools \
		>"$work/make" 2>&1 && return 0
	grep -vE '^  [A-Z]+ ' "$work/make"
	return 1
}

cpp_checked() {
	files '^(proto|conf|agent)/.*\.c$' | xargs -r cppcheck --quiet \
		--error-exitcode=1 --std=c11 --enable=warning,performance,portability \
		--suppressions-list=tests/lint/cppcheck.txt --inline-suppr \
		-I. -D_GNU_SOURCE -DTRUESRC_VERSION='""' -DTRUESRC_VARIANT='""'
}

shell_checked() {
	{
		files '\.sh$'
		echo .ci/run
	} | xargs -r shellcheck
}

manuals() {
	pages=$(files '^docs/man/.*\.[1-8]$')
	[ -n "$pages" ] || return 0
	# A name that is to be looked up at home is no fault of the page.
	echo "$pages" | xargs mandoc -Tlint -Wwarning | nothing
}

python_compiles() {
	files '\.py$' | while IFS= read -r file; do
		/usr/bin/python3 - "$file" <<'EOF' || echo "$file"
import sys
with open(sys.argv[1], encoding='utf-8') as source:
    compile(source.read(), sys.argv[1], 'exec')
EOF
	done | nothing
}

check "headers are included by their path from the root" own_includes
check "proto includes nothing but proto" proto_includes
check "proto/text knows nothing of proto/spop" proto_text_includes
check "proto does no input, no output, no waiting" proto_pure
check "proto allocates nothing" proto_allocates_nothing
check "conf includes nothing but conf and proto/text" conf_includes
check "agent/policy includes only settings and proto/text" policy_includes
check "agent/policy touches no socket, file, clock or loop" policy_pure
check "agent/table and agent/dynamic include only prefixes" parts_includes
check "what decides and what holds lists know nothing of agent/spop" \
	control_flow_of_libraries
check "libev is for agent alone" libev_in_agent
check "libcidr is for conf alone" libcidr_in_conf
check "libyaml is for conf alone" libyaml_in_conf
check "exit() is called in main programs alone" exit_in_main
check "no assert.h" no_assert
check "no source over 600 lines" file_lines
check "nine sources in ten within 500 lines" nine_files_in_ten
check "nine functions in ten within 55 lines" nine_functions_in_ten
check "every source names its licence" spdx
check "the project stands alone" foreign_words
check "nothing is left for later" left_for_later
check "no blanks at the end of a line" trailing_blanks
check "formatted" clang_formatted
check "shellcheck" shell_checked
check "python compiles" python_compiles
check "manuals" manuals
check "cppcheck" cpp_checked
if [ "${LINT_BUILD:-1}" != 0 ]; then
	check "no warnings from gcc" warnings gcc
	check "no warnings from clang" warnings clang
fi

echo "1..$number"
[ "$failures" -eq 0 ]
