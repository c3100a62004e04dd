#!/bin/bash
# SPDX-License-Identifier: MIT
# What a program is given to print on: a full disk, a closed stream, a reader that leaves. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin
engine=''
leave() { [ -z "$engine" ] || kill "$engine" 2>/dev/null; wait 2>/dev/null; }

printf '123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi\n' >"$top/token" && chmod 600 "$top/token"
printf 'state_dir: %s/state\nwrite: always\nbots:\n  orders: {transport: none, process: {match: "^nobody-is-called-so"}}\nbackups:\n  copy: {command: [cat, %s/token], file: "%s/copy-{time}", verify: [cmp, %s/token, "{file}"]}\n' \
	"$top" "$top" "$top" "$top" >"$top/c.yaml"
ours() { "$build/botswain" -c "$top/c.yaml" "$@"; }

# says STATUS TEXT COMMAND...: it exits so, and its standard error holds the text
says() {
	local status=$1 text=$2; shift 2
	"$@" 2>"$top/said"
	local got=$?
	[ $got = "$status" ] && grep -q "$text" "$top/said" || { echo "exit $got, wanted $status: $*"; return 1; }
}
on_full() { "$@" >/dev/full; }
on_closed() { "$@" >&-; }
full() {
	local words
	for words in --help --version --default-config --print-keys --print-states 'check-config' 'bots --help' 'completion -- b'; do
		says 1 'cannot write to standard output: No space left on device' on_full ours $words || return 1
	done
	says 1 'cannot write to standard output: No space left on device' on_full "$build/botswain" discover
}
full_views() {
	local words
	for words in 'bots --json' 'bots --jsonl' ops 'logs -n all'; do
		says "$([[ $words = bots* ]] && echo 3 || echo 1)" 'cannot write to standard output: No space left on device' on_full ours $words || return 1
	done
}
closed() {
	says 3 'cannot write to standard output: Bad file descriptor' on_closed ours bots && says 1 'Bad file descriptor' on_closed ours --help
}
reader_leaves() { ours --default-config | head -n 1 >/dev/null; [ "${PIPESTATUS[0]}" = 0 ] || [ "${PIPESTATUS[0]}" = 141 ]; }
acts() { says 1 'cannot write to standard output' on_full ours backup run copy --yes --reason 'nobody reads it' && grep -q 'nobody reads it' "$top/state/audit.jsonl"; }
is_there() { [ -S "$top/state/engine.sock" ]; }
starts() {
	"$build/botswaind" -c "$top/c.yaml" 0<&- >&- 2>&- & engine=$!
	wait_until 10 is_there
}
holds_none_of_ours() {
	local fd
	for fd in 0 1 2; do [ "$(readlink "/proc/$engine/fd/$fd")" = /dev/null ] || { ls -l "/proc/$engine/fd"; return 1; }; done
}

check 'what is printed on a full disk is a failure, with the reason' full
check 'an engine that was started with its streams closed puts nothing of its own in their place' starts
check 'none of its files, sockets and pipes has the number of a standard stream' holds_none_of_ours
check 'views that find something unhealthy keep their status, and say what they could not print' full_views
check 'a closed standard output is said, and is not the socket to the engine' closed
check 'a reader that leaves is no failure' reader_leaves
check 'an action that could not be printed is in the audit file all the same' acts
tap_end
