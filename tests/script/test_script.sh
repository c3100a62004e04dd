#!/bin/bash
# SPDX-License-Identifier: MIT
# Scripts on the whole program: a screen in memory on an engine whose sources refuse every connection. TAP.
# SCRIPT_MODE: own (the screen starts its engine), served (it attaches to one that is served), ssh (to that one through
# SCRIPT_SSH=user@host:port).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
. tests/fleet/lib.sh
. tests/support/tap.sh
program=$(realpath -- "${BOTSWAIN_BUILD:-build}")/botswain
tap_begin script
mode=${SCRIPT_MODE:-own} engine=''
leave() {
	[ -z "$engine" ] || { kill "$engine" && wait "$engine"; } 2>/dev/null
}
umask 077
printf '1:a-token-of-nobody\n' >"$top/token"
cat >"$top/botswain.yaml" <<YAML
state_dir: $top/state
telegram: {api: "http://127.0.0.1:1", interval: 2s}
redis:
  main: {socket: $top/no-redis}
bots:
  ada: {token: {file: token}}
  bob: {token: {file: token}}
YAML
sed "s#OUT#$top#" tests/script/walk.script >"$top/walk.script"
way=(-c "$top/botswain.yaml")
[ "$mode" != ssh ] || way=(--connect "ssh://${SCRIPT_SSH:?}$top/botswain.yaml")
run() { "$program" "${way[@]}" --script "$@"; }
run_lines() { printf '%s\n' "$1" | run -; }
served() {
	"${program}d" -c "$top/botswain.yaml" 2>"$top/engine.log" & engine=$!
	wait_until 10 test -S "$top/state/engine.sock" || { cat "$top/engine.log"; false; }
}
refuses() { # STATUS TEXT COMMAND...
	local status=$1 text=$2; shift 2
	"$@" >"$top/said" 2>&1
	[ $? -eq "$status" ] && grep -q -- "$text" "$top/said"
}
saved() { grep -q 'ada' "$top/screen.txt" && [ "$(wc -l <"$top/screen.txt")" -eq 24 ]; }
printf 'explode now\n' >"$top/unknown.script"
printf 'key Foo\n' >"$top/key.script"
[ "$mode" = own ] || check "an engine is served for mode $mode" served
check 'a script walks through every pane, prompt and size' run "$top/walk.script"
check 'it saved the screen that it saw' saved
check 'a wait in vain ends with file, line and the screen' refuses 1 "fails.script:3: the screen did not come to show 'no such text'" run tests/script/fails.script
check 'an unknown command is refused with its place' refuses 1 "unknown.script:1: no such command: 'explode'" run "$top/unknown.script"
check 'an unknown key is refused with its place' refuses 1 "key.script:1: no such key in 'Foo'" run "$top/key.script"
check 'a script from standard input' run_lines 'wait-for 2 bots'
check 'the full screen wants a terminal' refuses 2 'needs a terminal' sh -c "'$program' -c '$top/botswain.yaml' </dev/null"
check 'an unknown subcommand is refused' refuses 2 "no such subcommand: 'explode'" "$program" explode
check 'an unknown option is refused' refuses 2 "'--explode' is unknown" "$program" --explode
check 'no configuration: the three lines to write, and where' refuses 2 'three lines' env XDG_CONFIG_HOME="$top/none" HOME="$top" "$program" bots
check 'and what needs none' refuses 2 'log files need none: botswain -- FILE... or some-program | botswain logs -' env XDG_CONFIG_HOME="$top/none" HOME="$top" "$program" logs
tap_end
