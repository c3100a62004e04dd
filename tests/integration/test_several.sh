#!/bin/bash
# SPDX-License-Identifier: MIT
# One screen and one command line over two engines with fleets of the same names: one through a real sshd on loopback, one by
# its socket. The bots are real processes, and a restart is seen by their engines. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/fleet/lib.sh
. tests/support/sshd.sh
. tests/support/tap.sh
tap_begin
sshd='' user='' eu='' us=''
leave() {
	local pid
	for pid in $eu $us $sshd; do kill "$pid" 2>/dev/null; done
	for pid in "$top"/*/*.pid; do [ -f "$pid" ] && kill "$(cat "$pid")" 2>/dev/null; done
	wait 2>/dev/null
}

# A bot is a process with a name that its engine finds, and the engine of another run does not; `again` ends it and starts
# another.
write_fleet() { # ENVIRONMENT
	local dir=$top/$1
	mkdir "$dir" || return 1
	echo 123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi >"$dir/token" && chmod 600 "$dir/token"
	printf '%s\n' '#!/bin/bash' "cd $dir" '[ ! -f "$1.pid" ] || kill "$(cat "$1.pid")"' \
		"setsid bash -c 'echo \$\$ >$dir/\$0.pid; exec -a '$1-$$'-\$0 sleep 3000' \"\$1\" >/dev/null 2>&1 </dev/null &" >"$dir/again"
	chmod +x "$dir/again"
	printf '%s\n' "environment: $1" "state_dir: $dir/state" 'write: always' 'telegram: {api: "http://127.0.0.1:9"}' \
		"driver: {restart: [$dir/again, '{bot}'], verify: 20s}" 'process: {interval: 1s}' 'bots:' \
		"  orders: {token: {file: $dir/token}, process: {match: '^$1-$$-orders '}}" \
		"  shop: {token: {file: $dir/token}, process: {match: '^$1-$$-shop '}, logs: [$dir/shop.log]}" >"$dir/botswain.yaml"
	: >"$dir/shop.log"
	"$dir/again" orders && "$dir/again" shop && wait_until 5 test -s "$dir/orders.pid" && wait_until 5 test -s "$dir/shop.pid"
}
start_sshd() { sshd_start "$top" "$build"; }
is_there() { [ -S "$top/$1/state/engine.sock" ]; }
start_engine() { # ENVIRONMENT: its pid is in the variable of that name
	"$build/botswaind" -c "$top/$1/botswain.yaml" >>"$top/$1/engine.log" 2>&1 &
	printf -v "$1" %s $!
	wait_until 10 is_there "$1"
}
start_both() { write_fleet eu && write_fleet us && start_engine eu && start_engine us; }

# The configuration of whoever runs this is none of its business.
both() { HOME=$top/nobody XDG_CONFIG_HOME=$top/none "$build/botswain" --connect "eu=ssh://$user@127.0.0.1:$port$top/eu/botswain.yaml" \
	--connect "unix:$top/us/state/engine.sock" "$@"; }
pid_of() { cat "$top/$1.pid"; }
runs_anew() { [ "$(pid_of "$1")" != "$2" ] && kill -0 "$(pid_of "$1")"; } # BOT OLD-PID
ended() { # ENVIRONMENT COUNT: so many operations its engine has seen through
	[ "$("$build/botswain" -c "$top/$1/botswain.yaml" ops --jsonl | grep -c '"state":"done"')" = "$2" ]
}

lists_both() {
	both bots --json >"$top/bots"
	[ $? != 1 ] && python3 - "$top/bots" <<-'PY'
	import json, sys
	seen = json.load(open(sys.argv[1]))
	assert sorted((b["host"], b["name"]) for b in seen["bots"]) == [
		("eu", "orders"), ("eu", "shop"), ("us", "orders"), ("us", "shop")], seen
	assert {b["host"]: b["pid"] for b in seen["bots"] if b["name"] == "shop"}["eu"] > 0, seen
	assert [e["host"] for e in seen["engines"]] == ["eu", "us"], seen
	PY
}
shows_hosts() { both bots >"$top/said"; grep -q '^. *us *orders' "$top/said" && grep -q '^. *eu *orders' "$top/said"; }
asks_which() {
	both restart shop --yes --reason test >"$top/said" 2>&1
	[ $? = 2 ] && grep -q "it is on eu, us: say --host" "$top/said" || { cat "$top/said"; false; }
}
no_such_host() {
	both restart shop --host nowhere --yes --reason test >"$top/said" 2>&1
	[ $? = 2 ] && grep -q "they are eu, us" "$top/said"
}
restarts_one() { # ENVIRONMENT OTHER
	local old other
	old=$(pid_of "$1/shop") other=$(pid_of "$2/shop")
	both restart shop --host "$1" --yes --reason test || return 1
	runs_anew "$1/shop" "$old" && [ "$(pid_of "$2/shop")" = "$other" ] && ended "$1" 1
}
restarts_both() {
	local eu_old us_old
	eu_old=$(pid_of eu/shop) us_old=$(pid_of us/orders)
	both restart eu/shop us/orders --yes --reason test || return 1
	runs_anew eu/shop "$eu_old" && runs_anew us/orders "$us_old" && ended eu 2 && ended us 2
}
# Both bots called orders are marked: one dialog, one operation at each engine.
screen_restarts_both() {
	local eu_old us_old
	eu_old=$(pid_of eu/orders) us_old=$(pid_of us/orders)
	printf '%s\n' 'deadline 30s' 'resize 120x40' 'wait-for 4 bots' 'key /' 'type bot=orders' 'key Enter' 'wait-for 2 hidden' \
		'key g Space Space' 'wait-for 2 marked' 'key r' 'wait-for Restart 2 bots on eu, us' 'type both' 'key Enter y' \
		'wait-for 2 running' 'wait-gone 2 running' 'wait-gone 1 running' >"$top/script"
	both --script "$top/script" || return 1
	runs_anew eu/orders "$eu_old" && runs_anew us/orders "$us_old" && ended eu 3 && ended us 3
}
screen_loses_one() {
	printf '%s\n' 'deadline 30s' 'resize 120x40' 'wait-for 4 bots' "save-screen $top/both.txt" 'wait-for us lost' 'expect lost' \
		'expect 4 bots' "save-screen $top/lost.txt" 'wait-gone us lost' 'expect 4 bots' >"$top/script"
	both --script "$top/script" >"$top/screen" 2>&1 & local screen=$!
	wait_until 30 test -s "$top/both.txt" && kill "$us" && wait "$us"
	us=''
	wait_until 30 test -s "$top/lost.txt" && start_engine us || { cat "$top/screen"; return 1; }
	wait "$screen" || { cat "$top/screen"; false; }
}
# Both by their sockets, so that either can be ended. The follower says who left, goes on with the other, and waits for it
# without turning in circles.
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
follows_who_is_left() {
	local old before from follower status=0
	rm -f "$top/said"
	HOME=$top/nobody XDG_CONFIG_HOME=$top/none "$build/botswain" --connect "eu=unix:$top/eu/state/engine.sock" \
		--connect "us=unix:$top/us/state/engine.sock" logs -f >"$top/said" 2>"$top/err" & follower=$!
	wait_until 10 test -s "$top/said" || return 1
	kill "$us" && wait "$us"
	us=''
	wait_until 10 grep -q '^botswain: us: the engine left' "$top/err" || { cat "$top/err"; status=1; }
	before=$(ticks "$follower") from=${EPOCHREALTIME/./}
	old=$(pid_of eu/shop)
	"$build/botswain" -c "$top/eu/botswain.yaml" restart shop --yes --reason 'who is left' && runs_anew eu/shop "$old" &&
		wait_until 10 grep -q "restart shop by .* is done: pid $old -> " "$top/said" || status=1
	[ $((($(ticks "$follower") - before) * 10000)) -lt $(((${EPOCHREALTIME/./} - from) / 5)) ] || status=1
	echo "$(($(ticks "$follower") - before)) ticks in $(((${EPOCHREALTIME/./} - from) / 1000)) ms"
	kill "$follower"
	wait "$follower" 2>/dev/null
	cat "$top/err"
	start_engine us && return $status
}
# Nobody listens at one end, and the other end of one is closed for good: neither costs the other engine or q a second.
leaves_at_once() {
	local from=$EPOCHREALTIME to
	printf '%s\n' 'resize 120x40' 'wait-for us not reached' 'wait-for orders' 'key q' >"$top/script"
	HOME=$top/nobody XDG_CONFIG_HOME=$top/none "$build/botswain" --connect "eu=unix:$top/eu/state/engine.sock" \
		--connect "us=unix:$top/nowhere.sock" --connect "ap=ssh://$user@127.0.0.1:1/x" --script "$top/script" || return 1
	to=$EPOCHREALTIME
	echo "it took $(((${to/./} - ${from/./}) / 1000)) ms"
	[ $((${to/./} - ${from/./})) -lt 5000000 ]
}
by_the_configuration() {
	printf '%s\n' "connect: ['eu=ssh://$user@127.0.0.1:$port$top/eu/botswain.yaml', 'unix:$top/us/state/engine.sock']" >"$top/both.yaml"
	"$build/botswain" check-config -c "$top/both.yaml" || return 1
	"$build/botswain" -c "$top/both.yaml" bots --jsonl >"$top/said"
	[ $? != 1 ] && [ "$(grep -c '"host":"\(eu\|us\)"' "$top/said")" = 4 ] || { cat "$top/said"; false; }
}
says_who_is_missing() {
	HOME=$top/nobody XDG_CONFIG_HOME=$top/none "$build/botswain" --connect "eu=unix:$top/eu/state/engine.sock" \
		--connect "us=unix:$top/nowhere.sock" bots >"$top/said" 2>&1
	[ $? = 4 ] && grep -q '^botswain: us: no engine' "$top/said" && grep -q 'eu *orders' "$top/said" || { cat "$top/said"; false; }
}
follows_both() {
	both logs -n 50 >"$top/said" || return 1
	grep -q ' eu botswain ' "$top/said" && grep -q ' us botswain ' "$top/said" && sort -s -c -k1,1 "$top/said" || { cat "$top/said"; false; }
}

# say_at ENVIRONMENT MS WORDS: a line of that time in its bot's log
say_at() { printf '%s INFO %s\n' "$(date -u -d "@$(($2 / 1000)).$(printf %03d $(($2 % 1000)))" +%FT%T.%3NZ)" "$3" >>"$top/$1/shop.log"; }
# What happened first is written last, a tenth of a second later.
say_late() { # COUNT
	local i now
	for ((i = 0; i < $1; i++)); do
		now=$((${EPOCHREALTIME/./} / 1000))
		say_at us $now "line $i of us"
		sleep 0.1
		say_at eu $((now - 50)) "line $i of eu"
	done
}
has_lines() { [ "$(grep -c 'I line' "$top/followed")" = "$1" ]; }
follows_in_order() {
	local follower status=1
	both logs -f -n 0 --bot shop >"$top/followed" 2>"$top/said" & follower=$!
	wait_until 10 comes_through && say_late 8 && wait_until 10 has_lines 16 && sort -s -c -k1,1 "$top/followed" && status=0
	kill "$follower"
	cat "$top/followed"
	return $status
}
# Until the follower shows what is written now, of both.
comes_through() {
	local now=$((${EPOCHREALTIME/./} / 1000))
	say_at eu $now hello && say_at us $now hello && wait_until 1 says_hello
}
says_hello() { grep -q 'eu .*hello' "$top/followed" && grep -q 'us .*hello' "$top/followed"; }

check 'an sshd of our own answers' start_sshd
check 'two engines run on fleets of the same names' start_both
check 'the bots of both are listed with their host' wait_until 10 lists_both
check 'and so they are in the table' shows_hosts
check 'a name that both have is asked for with its host' asks_which
check 'a host that is none is refused with the names of those that are' no_such_host
check 'a restart through ssh is seen by the engine there alone' restarts_one eu us
check 'a restart by the socket is seen by that engine alone' restarts_one us eu
check 'one command restarts bots of both' restarts_both
check 'one dialog of the screen restarts marked bots of both' screen_restarts_both
check 'the logs of both are merged by time' follows_both
check 'what both say from now on is printed in the order in which it happened' follows_in_order
check 'the screen loses one, keeps its rows and finds it again' screen_loses_one
check 'one that follows the logs of both goes on with the one that is left' follows_who_is_left
check 'engines that are not reached keep neither the screen nor q waiting' leaves_at_once
check 'a configuration names them as well' by_the_configuration
check 'the command line says who is missing and exits 4' says_who_is_missing
tap_end
