#!/bin/sh
# glob: the files of FOLDER whose path below it fits one of the shell patterns, sorted, one a line: glob.sh FOLDER PATTERN...
# For meson, which cannot list a folder by itself.
set -eu
cd "$1"
shift
LC_ALL=C
export LC_ALL
find . -type f | sed 's,^\./,,' | sort | while IFS= read -r path; do
    for pattern in "$@"; do
        # shellcheck disable=SC2254 # the pattern is meant to be one
        case $path in
        $pattern) printf '%s\n' "$path" && break ;;
        esac
    done
done
