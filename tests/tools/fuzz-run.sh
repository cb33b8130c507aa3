#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fuzz-run.sh BUILD_DIR TARGET SECONDS
#
# Runs one fuzz target from its corpus. New inputs go to BUILD_DIR/corpus, not
# into the tree; one that breaks the target is left in BUILD_DIR/TARGET-*, to
# be copied to the corpus beside the fix.

set -eu

build=$1
target=$2
seconds=$3
seeds=tests/fuzz/corpus/${target#fuzz_}
found=$build/corpus/$target

mkdir -p "$found"
set -- "$found"
[ ! -d "$seeds" ] || set -- "$@" "$seeds"
echo "$target: $seconds seconds"
ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 \
	"$build/fuzz/$target" -max_total_time="$seconds" -timeout=10 \
	-rss_limit_mb=1024 -print_final_stats=1 \
	-artifact_prefix="$build/$target-" "$@" 2>"$build/$target.log" || {
	tail -n 40 "$build/$target.log"
	exit 1
}
grep -E 'stat::number_of_executed_units|cov: [0-9]+' "$build/$target.log" |
	tail -n 2
