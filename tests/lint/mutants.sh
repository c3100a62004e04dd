#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/mutants/list follows the code: each row has a name of its own, changes exactly one line of a file, and names tests that
# there are. Whether they notice, `make mutants` shows.
set -u
cd "$(dirname "$0")/../.." || exit 2
bad=0
say() { printf 'tests/mutants/list: %s: %s\n' "$1" "$2"; bad=1; }
while read -r name; do say "$name" 'two rows have this name'; done < <(awk '!/^#/ && NF { print $1 }' tests/mutants/list | sort | uniq -d)
while read -r name file tests change; do
	case $name in '' | '#'*) continue ;; esac
	lines=$(sed -e "$change" "$file" 2>/dev/null | diff "$file" - 2>/dev/null | grep -c '^<')
	[ "$lines" = 1 ] || say "$name" "it changes $lines lines of $file"
	for test in ${tests//,/ }; do
		case $test in *.sh) path=tests/$test ;; *) path=tests/$test.c ;; esac
		[ -f "$path" ] || say "$name" "there is no $path"
	done
done <tests/mutants/list
exit $bad
