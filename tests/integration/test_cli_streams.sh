#!/bin/bash
# SPDX-License-Identifier: MIT
# `botswain streams` on a real Redis: every stream and consumer group, trouble first, for people and for programs.
set -uo pipefail
here=$(dirname -- "$(realpath -- "$0")")
. "$here/../fleet/lib.sh"
. "$here/../support/tap.sh"
build=$(realpath -- "${BOTSWAIN_BUILD:-$here/../../build}")
command -v redis-server >/dev/null || tap_skip_all 'no redis-server: apt install redis-server'
tap_begin cli-streams
dir=$top

engine=
leave() { kill -CONT "$redis" 2>/dev/null; kill "$redis" ${engine:+"$engine"} 2>/dev/null; wait 2>/dev/null; }
do_redis() { redis-cli -s "$dir/redis.sock" "$@" >/dev/null; }
answers() { [ "$(redis-cli -s "$dir/redis.sock" ping 2>/dev/null)" = PONG ]; }
redis-server --port 0 --unixsocket "$dir/redis.sock" --save '' --dir "$dir" >/dev/null 2>&1 &
redis=$!
wait_until 10 answers || bail 'no redis'
for i in 1 2 3; do do_redis XADD jobs '*' msg "job $i"; done
do_redis XADD other '*' msg x
do_redis XGROUP CREATE jobs workers 0
do_redis XGROUP CREATE jobs idle '$'
do_redis XREADGROUP GROUP workers w1 COUNT 1 STREAMS jobs '>'
cat >"$dir/botswain.yaml" <<END
state_dir: $dir/state
redis: {main: {socket: $dir/redis.sock, interval: 1s, streams: [jobs, other], consumer_dead_after: 1s}}
bots: [{name: orders, transport: none}]
END
is_dead() { [ "$(redis-cli -s "$dir/redis.sock" XINFO CONSUMERS jobs workers | sed -n 6p)" -ge 1000 ]; }
wait_until 10 is_dead || bail 'it is heard of'

streams() { "$build/botswain" -c "$dir/botswain.yaml" streams "$@"; }
streams >"$dir/table"
check 'says by its exit status that a group is in trouble' [ $? = 3 ]
check 'puts the group in trouble first' grep -qE '^! +main +jobs +workers +3 .* 1 +[0-9.]+m?s .*its one consumer, w1, is dead' <(sed -n 2p "$dir/table")
check 'lists every stream and group' [ "$(wc -l <"$dir/table")" = 5 ]
check 'says lines for programs' python3 - <(streams --jsonl) <<'END'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
first = rows[0]
assert first["group"] == "workers" and first["lag"] == 2 and first["pending"] == 1 and first["dead"] == 1, first
assert first["readers"][0]["name"] == "w1" and first["readers"][0]["dead"], first
assert {(r["name"], r["group"]) for r in rows} == {("jobs", "workers"), ("jobs", "idle"), ("jobs", ""), ("other", "")}, rows
END
streams other >"$dir/other"
check 'shows one by its name, and that is well' [ $? = 0 ]
check 'shows that one alone' [ "$(wc -l <"$dir/other")" = 2 ]
check 'shows a group by its name' grep -q workers <(streams workers)

do_redis XADD jobs '*' msg 'job 4'
do_redis XREADGROUP GROUP idle i1 COUNT 1 STREAMS jobs '>'
waits() { [ "$(redis-cli -s "$dir/redis.sock" XPENDING jobs idle - + 1 | sed -n 3p)" -ge 1000 ]; }
wait_until 10 waits || bail 'nothing waits'
do_redis XADD jobs '*' msg 'job 5'
do_redis XREADGROUP GROUP idle i1 COUNT 1 STREAMS jobs '>'
check 'says how long an entry is not acknowledged by one who is there' grep -qE 'an entry is not acknowledged for [1-9][0-9.]*s$' <(streams idle)

"$build/botswaind" -c "$dir/botswain.yaml" >"$dir/engine" 2>&1 &
engine=$!
is_well() { [ -S "$dir/state/engine.sock" ] && grep -q workers <(streams workers); }
wait_until 10 is_well || bail 'no engine'
kill -STOP "$redis"
is_old() { streams workers >"$dir/old"; old=$?; grep -q 'not looked at' "$dir/old"; }
wait_until 20 is_old
check 'says of a group that is not looked at that it is not known, not that it is in trouble' [ "$old" = 4 ]
tap_end
