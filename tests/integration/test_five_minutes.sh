#!/bin/bash
# SPDX-License-Identifier: MIT
# "Monitor your own bots in five minutes", step by step with three bots of a fleet and a configuration written by hand;
# and what is said to somebody who makes a mistake on the way. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
BUILD=$(realpath -- "${BOTSWAIN_BUILD:-build}")
export BUILD TROUBLE=0 BOTS=3
unset XDG_CONFIG_HOME XDG_STATE_HOME
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin five
fleet=$top/fleet folder=$top/home/.config/botswain
export HOME=$top/home
leave() { tests/fleet/down "$fleet" >/dev/null; }

# exits STATUS ARGUMENTS...: runs botswain; what it says goes to $top/said, both streams.
exits() {
	local want=$1 status; shift
	"$BUILD/botswain" "$@" >"$top/said" 2>&1
	status=$?
	[ $status = "$want" ] || { printf 'botswain %s: exit %s, not %s\n' "$*" $status "$want"; false; }
}
says() { grep -q -- "$1" "$top/said" || { printf 'it does not say: %s\n' "$1"; false; }; }
says_once() { [ "$(grep -c -- "$1" "$top/said")" = 1 ] || { printf 'it does not say once: %s\n' "$1"; false; }; }
seconds_of() { local begin=$SECONDS; "$@" && echo $((SECONDS - begin)); }

api_line() { printf 'telegram: {api: "http://127.0.0.1:%s"}\n' "$(cat "$fleet/run/botapi.port")"; }
three_lines() { printf 'bots:\n  orders:\n    token: {file: %s}\n' "${1:-tokens/orders}"; }
write() { cat >"$folder/${1:-botswain.yaml}"; }

fleet_is_up() { tests/fleet/up "$fleet"; }
says_what_to_write() { exits 2 bots && says "these three lines to $folder/botswain.yaml" && says 'chmod 600'; }
takes_what_it_said() {
	mkdir -p "$folder" && sed -n '/^bots:/,/token:/p' "$top/said" | write && cp "$fleet/tokens/orders" "$folder/mybot.token" &&
		chmod 600 "$folder/mybot.token" && exits 0 check-config && says 'is good: 1 bot,'
}
token_alone() {
	mkdir -p "$folder/tokens" && cp "$fleet"/tokens/* "$folder/tokens/" && chmod 600 "$folder"/tokens/* &&
		{ three_lines && api_line; } | write && exits 4 bots && says '^?  orders  unknown .*only its token is checked'
}
is_quick() { [ "$(seconds_of exits 4 bots)" -le 2 ]; }

# The pattern is in a file, so that grep does not find itself.
engines() { printf '%s' "$folder" >"$top/pattern" && grep -alFf "$top/pattern" /proc/[0-9]*/cmdline 2>/dev/null; }
no_engine() { [ -z "$(engines)" ]; }
nothing_is_left() { wait_until 10 no_engine || { engines; false; }; }

# Step 5, with the first three bots of the fleet, each found in another way.
tell_it_more() {
	cat <<-END
		$(api_line)
		bots:
		  orders: {token: {file: tokens/orders}, process: {pidfile: $fleet/run/orders.pid}, logs: ["$fleet/log/orders.log"]}
		  support-en: {token: {file: tokens/support-en}, process: {match: "$fleet/bots/support-en.json"}}
		  shop-pay: {token: {file: tokens/shop-pay}, transport: webhook, process: {pid_command: [cat, $fleet/run/shop-pay.pid]}}
		redis:
		  main: {socket: $fleet/run/redis.sock, heartbeats: "hb:*", streams: ["events:*"]}
		postgres:
		  main: {dsn: "host=$(cat "$fleet/run-path")/pg dbname=fleet user=console passfile=$fleet/secrets/console.pgpass"}
		driver:
		  restart: [supervisorctl, -c, $fleet/supervisord.conf, restart, "{bot}:*"]
		backups:
		  database:
		    command: [cat, $fleet/bots/orders.json]
		    file: $top/backups/orders-{time}.json
		    verify: [test, -s, "{file}"]
		write: ${1:-armed}
	END
}
all_are_ok() { tell_it_more | write && exits 0 bots --wait 20s && [ "$(grep -c '^\.  .* ok ' "$top/said")" = 3 ]; }
services_are_ok() { exits 0 services --wait 20s && says 'redis main *ok' && says 'postgres main *ok'; }
one_service() { exits 0 services redis/main --wait 20s && says_once '^\.  redis main ' && ! grep -q postgres "$top/said"; }
as_on_the_screen() {
	printf '%s\n' 'resize 160x45' 'wait-for redis main' 'wait-for HB' >"$top/words" && exits 0 --script "$top/words" && nothing_is_left &&
		exits 0 bots --wait 20s && says ' PEND *HB '
}
logs_are_there() { exits 0 logs --bot orders --wait 20s && says ' orders .* I '; }
json_is_one_line() { exits 0 bots --json --wait 20s && says_once '^{"v":1,"bots":\[' && [ "$(wc -l <"$top/said")" = 1 ]; }
needs_arming() { exits 5 restart orders --yes --reason test && says 'press ! in the console'; }
needs_yes() { nothing_is_left && tell_it_more always | write && exits 5 restart orders --reason test && says 'add --yes and --reason'; }
restarts() { exits 0 restart orders --yes --reason test && says '^done: pid [0-9]* -> [0-9]*'; }
backs_up() { exits 0 backup run database --yes --reason test && says '^done: ' && [ -n "$(find "$top/backups" -name 'orders-*.json')" ]; }

mode_is_wrong() {
	cp "$folder/tokens/orders" "$folder/open" && chmod 644 "$folder/open" && three_lines open | write wrong.yaml &&
		exits 2 check-config "$folder/wrong.yaml" && says_once 'wrong.yaml:3:19: others can read this secret: chmod 600 '
}
token_stands_in_it() {
	local token
	token=$(cat "$folder/tokens/orders")
	printf 'bots:\n  orders:\n    token: %s\n' "$token" | write wrong.yaml && exits 2 check-config "$folder/wrong.yaml" &&
		says_once 'wrong.yaml:3:12: a bot token does not belong in this file' && ! grep -qF "${token#*:}" "$top/said"
}
key_is_wrong() {
	three_lines | sed 's/token:/tokn:/' | write wrong.yaml && exits 2 -c "$folder/wrong.yaml" bots &&
		says_once "wrong.yaml:3:5: unknown key 'tokn'; did you mean 'token'?" && exits 2 check-config -c "$folder/wrong.yaml" && says_once tokn\'
}
file_is_missing() { three_lines tokens/nobody | write wrong.yaml && exits 0 check-config "$folder/wrong.yaml" && says_once 'warning: cannot read '; }
theme_is_wrong() { { three_lines && echo 'theme: nope'; } | write wrong.yaml && exits 2 check-config "$folder/wrong.yaml" && says "no theme 'nope'"; }
words_are_wrong() {
	exits 2 nonsense && says 'see botswain --help' && exits 2 bots -x && says "'-x' is no option of bots" && exits 2 bots nobody &&
		says "no 'nobody' among the bots" && exits 2 logs --grep '(' --wait 20s && says_once 'missing closing parenthesis' &&
		exits 2 ops orders && exits 2 bots --wait soon
}
disk_is_full() { "$BUILD/botswain" bots --wait 20s >/dev/full 2>"$top/said"; [ $? = 1 ] && says 'cannot write'; }
no_terminal() { exits 2 </dev/null && says 'needs a terminal; try'; }
check 'the fleet is up' fleet_is_up
check 'without a configuration it says what to write' says_what_to_write
check 'what it says to write is good' takes_what_it_said
check 'a token alone is checked, and no more is claimed' token_alone
check 'that takes no longer than the answer' is_quick
check 'three bots, each found in another way, are ok' all_are_ok
check 'their Redis and Postgres are ok' services_are_ok
check 'one of two that are called main is chosen by its kind' one_service
check 'the screen calls them and the columns the same' as_on_the_screen
check 'their logs are there' logs_are_there
check '--json is one line' json_is_one_line
check 'write: armed wants arming' needs_arming
check 'an action wants --yes and --reason' needs_yes
check 'a restart is done when it was seen' restarts
check 'a backup is written' backs_up
check 'a token that others can read is refused, once' mode_is_wrong
check 'a token in the configuration is refused and not shown' token_stands_in_it
check 'a wrong key is found, wherever -c stands' key_is_wrong
check 'a token file that is absent is warned of' file_is_missing
check 'a theme that is none is found' theme_is_wrong
check 'wrong words are said to be wrong' words_are_wrong
check 'output that cannot be written is a failure' disk_is_full
check 'the screen wants a terminal' no_terminal
check 'no engine is left' nothing_is_left
tap_end
