#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# embed.sh KIND FILE…
#
# Prints C source that holds the files, sorted by name. KIND is like, for ready
# policies, or preset, for lists.
set -eu
LC_ALL=C
export LC_ALL

kind=$1
shift
case $kind in
like) header=conf/load/like.h type=like_file table=like_files count=like_file_count ;;
preset) header=conf/lists/presets.h type=preset table=presets count=preset_count ;;
*) exit 2 ;;
esac

name_of() {
    name=$(basename "$1")
    echo "${name%.*}"
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
echo "#include \"$header\""
number=0
for file in "$@"; do
    echo
    echo "static const unsigned char text_${number}[] = {"
    bytes_of "$file"
    echo '    0};'
    number=$((number + 1))
done
echo
echo "const struct $type ${table}[] = {"
number=0
for file in "$@"; do
    echo "    {\"$(name_of "$file")\", text_$number, sizeof(text_$number) - 1},"
    number=$((number + 1))
done
echo '    {0, 0, 0}};'
echo "const size_t $count = $number;"
