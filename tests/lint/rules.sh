#!/bin/sh
# SPDX-License-Identifier: MIT
# House rules that a grep can hold. Each prints what breaks it; exit 1 when something does.
set -u
cd "$(dirname "$0")/../.." || exit 2
failed=0
forbid() { # title, pattern, paths...
	title=$1 pattern=$2
	shift 2
	found=$(find "$@" -name '*.[ch]' -exec grep -nE "$pattern" /dev/null {} +)
	[ -z "$found" ] && return
	printf '%s\n%s\n' "$title" "$found"
	failed=1
}
forbid 'a shell where argv is the rule:' '\b(system|popen|execlp|execvpe?)\(' core tui widgets themes
forbid 'a sleep:' '\b(sleep|usleep|nanosleep|clock_nanosleep)\(' core tui widgets themes tests/unit tests/screen
forbid 'the time below a main (take a struct clock):' '\b(time\(NULL\)|gettimeofday\(|clock_gettime\()' \
	core/parse core/msg core/model core/verbs core/events core/series core/alert core/act widgets themes
forbid 'unbounded or locale-bound text functions:' '\b(strcpy|strcat|sprintf|gets|atoi|strtok)\(' core tui widgets themes
forbid 'goto:' '^[^*/]*\bgoto ' core tui widgets themes
forbid 'curses outside its one file:' 'include <(ncurses|curses|term)' core widgets themes
forbid 'a Redis command that slows the server down or joins a group:' '"(MONITOR|KEYS|XREADGROUP|XGROUP|XAUTOCLAIM)"' core
found=$(grep -lE 'include <(ncurses|curses|term)' tui/*.c tui/*/*.c 2>/dev/null | grep -v '^tui/term_curses.c$')
[ -z "$found" ] || { printf 'curses outside tui/term_curses.c:\n%s\n' "$found"; failed=1; }
found=$(grep -rlE 'sqlite3' core --include='*.[ch]' | grep -v '^core/store/')
[ -z "$found" ] || { printf 'SQLite outside core/store:\n%s\n' "$found"; failed=1; }
found=$(grep -rnE 'getUpdates|setWebhook|deleteWebhook|logOut' core tui --include='*.c' | grep -vE '^[^:]+:[0-9]+:[[:space:]]*(/?\*|//)' | grep -v 'core/parse/log_trouble')
[ -z "$found" ] || { printf 'a Bot API method that the console never calls:\n%s\n' "$found"; failed=1; }
for file in $(git ls-files '*.c' '*.h' '*.def' '*.sh' '*.mk' Makefile); do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || { echo "no SPDX line: $file"; failed=1; }
done
exit $failed
