#!/bin/bash
# SPDX-License-Identifier: MIT
# Alerts stand in one order on the screen and on the command line: what a server does to its bots is above the bots. The Redis
# and the Bot API of this configuration are nowhere, and its bots have no process. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin
engine=''
leave() { [ -z "$engine" ] || { kill "$engine" && wait "$engine"; } 2>/dev/null; }

write_config() {
	local bot
	echo 123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi >"$top/token" && chmod 600 "$top/token"
	printf '%s\n' "state_dir: $top/state" 'telegram: {api: "http://127.0.0.1:9", interval: 1s}' 'process: {interval: 500ms}' \
		"redis: {main: {socket: $top/none.sock, interval: 2s}}" \
		'alerts: {bot_down: {fails: 1}, redis_down: {fails: 3}, source_unreachable: {fails: 4}}' 'bots:'
	for bot in a b c d e; do
		printf '  %s: {token: {file: %s}, process: {match: "^%s of %s$"}}\n' "$bot" "$top/token" "$bot" "$top"
	done
}
serves() {
	write_config >"$top/botswain.yaml"
	"$build/botswaind" -c "$top/botswain.yaml" 2>"$top/engine.log" & engine=$!
	wait_until 10 test -S "$top/state/engine.sock"
}
asks() { "$build/botswain" -c "$top/botswain.yaml" alerts "$@"; }
all_fire() { [ "$(asks --jsonl | grep -c '"state":"firing"')" = 7 ]; }
# Bots fire before the servers do: none of this is by age alone.
causes_come_first() {
	asks --jsonl >"$top/said"
	python3 - "$top/said" <<-'PY'
	import json, sys
	rows = [json.loads(line) for line in open(sys.argv[1])]
	assert sorted(r["rule"] for r in rows[:2]) == ["redis_down", "source_unreachable"], rows
	assert [r["rule"] for r in rows[2:]] == ["bot_down"] * 5, rows
	assert min(r["since"] for r in rows[2:]) < max(r["since"] for r in rows[:2]), rows
	for part in rows[:2], rows[2:]: assert part == sorted(part, key=lambda r: r['since']), rows
	PY
}
names_in() { grep -oE '(telegram|redis main|[a-e]) +(source_unr|redis_down|bot_down)' "$1" | tr -s ' '; }
screen_agrees() {
	printf '%s\n' 'deadline 20s' 'resize 120x40' 'wait-for 7 firing' 'key 3 z' 'wait-for bot_down' "save-screen $top/screen" >"$top/script"
	"$build/botswain" -c "$top/botswain.yaml" --script "$top/script" || return 1
	asks >"$top/said"
	diff <(names_in "$top/screen") <(names_in "$top/said")
}

check 'an engine without its servers and bots begins' serves
check 'all seven alerts fire' comes_true 20 all_fire
check 'the servers stand above the bots that were down before' causes_come_first
check 'the screen has the order of the command line' screen_agrees
tap_end
