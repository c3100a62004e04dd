#!/bin/sh
# SPDX-License-Identifier: MIT
# Sizes by example: files of at most 600 lines; the median function at most 20 lines, none over 120.
set -u
cd "$(dirname "$0")/../.." || exit 2
files=$(git ls-files 'core/*.c' 'tui/*.c' 'widgets/*.c' 'themes/*.c' 'tests/fleet/*.c')
failed=0
wc -l $files | awk '$2 != "total" && $1 > 600 {print "a file of " $1 " lines: " $2; bad = 1} END {exit bad}' || failed=1
awk '
/^[a-z].*\)$/ || /^[a-z].*[^;]$/ { head = FNR; name = $0 }
/^\{$/ { start = FNR }
/^\}$/ && start { lines = FNR - start - 1; print lines, FILENAME ":" start ": " name; start = 0 }
' $files | sort -n | awk '
{ count++; size[count] = $1; if ($1 > 120) { print "a function of " $1 " lines: " substr($0, length($1) + 2); bad = 1 } }
END { median = size[int((count + 1) / 2)]; printf "%d functions, median %d lines, p90 %d\n", count, median, size[int(count * .9)]
	if (median > 20) { print "the median function is over 20 lines"; bad = 1 } exit bad }' || failed=1
exit $failed
