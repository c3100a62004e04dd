#!/bin/bash
# SPDX-License-Identifier: MIT
# `botswain discover` beside two real Redis servers that hold a heartbeat of the same key: each bot gets the one that it names, and
# who names none gets none.
set -uo pipefail
here=$(dirname -- "$(realpath -- "$0")")
. "$here/../fleet/lib.sh"
. "$here/../support/tap.sh"
build=$(realpath -- "${BOTSWAIN_BUILD:-$here/../../build}")
command -v redis-server >/dev/null || tap_skip_all 'no redis-server: apt install redis-server'
tap_begin discover-redis
dir=$top pids=()

leave() {
	local pid
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
}

answers() { [ "$(redis-cli -s "$dir/$1.sock" ping 2>/dev/null)" = PONG ]; }
for name in one two; do
	redis-server --port 0 --unixsocket "$dir/$name.sock" --save '' --dir "$dir" >/dev/null 2>&1 &
	pids+=($!)
	wait_until 10 answers "$name" || bail 'no redis'
	redis-cli -s "$dir/$name.sock" set hb:dsrorders beat ex 600 >/dev/null
done
redis-cli -s "$dir/two.sock" set hb:dsronly beat ex 600 >/dev/null

# start_bot FOLDER OWN-NAME [REDIS]
start_bot() {
	mkdir -p "$dir/$1"
	printf 'import signal\nsignal.pause()\n' >"$dir/$1/bot.py"
	(cd "$dir/$1" && BOT_TOKEN=71000000001:AAFcanary000000000000000000000000001 BOT_NAME=$2 REDIS_SOCKET=${3-} \
		exec /usr/bin/python3 bot.py) &
	started=$!
	pids+=("$started")
	wait_until 10 is_python || bail 'no process'
}
is_python() { [ "$(cat "/proc/$started/comm")" = python3 ]; }
start_bot a/dsrorders dsrorders "$dir/one.sock"
start_bot b/dsrorders dsrorders "$dir/two.sock"
start_bot c/dsrlost dsrorders
start_bot d/dsrdead dsrorders "$dir/dead.sock"
start_bot e/dsrodd dsronly

(cd "$dir" && "$build/botswain" discover --json) >"$dir/all.json" 2>"$dir/said"
(cd "$dir" && "$build/botswain" discover) >"$dir/all.yaml" 2>>"$dir/said"

# of FOLDER: the socket of the Redis that it gets, as the loader takes it, its key, and whether a step is said
of() {
	python3 - "$dir/all.json" "$dir/$1" <<'END'
import json, sys
found = json.load(open(sys.argv[1]))
bot = [b for b in found["bots"] if b.get("directory") == sys.argv[2]][0]
servers = [s for s in found["services"] if s["kind"] == "redis" and s["answers"]]
usual = [s["name"] for s in servers if s["heartbeats"]] + [servers[0]["name"]]
name = bot["redis"] or usual[0]
key = bot["heartbeat"] or "hb:" + bot["name"]
socket = [s["socket"] for s in servers if s["name"] == name][0]
print("unsure" if bot["heartbeat_step"] else socket.rsplit("/", 1)[1] + " " + key)
END
}
check 'a bot gets the Redis that it names' [ "$(of a/dsrorders)" = 'one.sock hb:dsrorders' ]
check 'and one of the same name the other' [ "$(of b/dsrorders)" = 'two.sock hb:dsrorders' ]
check 'who names none gets none where two have its key' [ "$(of c/dsrlost)" = unsure ]
check 'nor who names one that does not answer' [ "$(of d/dsrdead)" = unsure ]
check 'but the key that one Redis alone has, of one bot alone, is its own' [ "$(of e/dsrodd)" = 'two.sock hb:dsronly' ]
lines() { sed -n "/^  $1:/,/^  [a-z]/p" "$dir/all.yaml"; }
says_why() {
	lines dsrlost | grep -q '# next step: its heartbeat may be hb:dsrorders in .* or .*, and which cannot be told' &&
		lines dsrlost | grep -q '^    heartbeat: none$'
}
check 'the comment says why there is none' says_why
names_it() { { lines dsrorders; lines dsrorders-2; } | grep -q '^    redis: [a-z]'; }
check 'the name stands in the configuration' names_it
check 'which check-config takes' "$build/botswain" check-config "$dir/all.yaml"
tap_end
