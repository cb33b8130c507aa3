#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints C source that holds the files named as arguments, sorted by name.
set -eu
LC_ALL=C
export LC_ALL

name_of() {
    basename "$1" .yaml
}

bytes_of() {
    od -An -v -t u1 "$1" | awk '{
        line = "   "
        for (i = 1; i <= NF; i++)
            line = line " " $i ","
        print line
    }'
}

if [ $# -gt 0 ]; then
    list=$(for file in "$@"; do
        printf '%s\t%s\n' "$(name_of "$file")" "$file"
    done | sort | cut -f 2)
    # One file a line: no name of ours has blanks.
    # shellcheck disable=SC2086
    set -- $list
fi

echo '/* SPDX-License-Identifier: Apache-2.0 */'
echo '/* Made by conf/load/embed.sh. */'
echo '#include "conf/load/like.h"'
number=0
for file in "$@"; do
    echo
    echo "static const unsigned char text_${number}[] = {"
    bytes_of "$file"
    echo '    0};'
    number=$((number + 1))
done
echo
echo 'const struct like_file like_files[] = {'
number=0
for file in "$@"; do
    echo "    {\"$(name_of "$file")\", text_$number, sizeof(text_$number) - 1},"
    number=$((number + 1))
done
echo '    {0, 0, 0}};'
echo "const size_t like_file_count = $number;"
