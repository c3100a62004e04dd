#!/bin/bash
# SPDX-License-Identifier: MIT
# The fleet is made of real servers and bots that do what the console watches, and it ends without a trace. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
BUILD=$(realpath -- "${BOTSWAIN_BUILD:-build}")
export BUILD TROUBLE=0
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin
one=$top/one two=$top/two
leave() {
	tests/fleet/down "$one" >/dev/null
	tests/fleet/down "$two" >/dev/null
}

soon() { wait_until 20 "$@"; }

redis() { redis-cli -s "$one/run/redis.sock" "$@"; }
control() { curl -sS --fail --max-time 5 "http://127.0.0.1:$(cat "$one/run/control.port")/control/$1" -d "$2"; }
supervisor() { supervisorctl -c "$one/supervisord.conf" "$@"; }
sql() { PGPASSFILE=$one/secrets/console.pgpass psql -X -At -h "$(cat "$one/run-path")/pg" -U console fleet -c "$1"; }
pid_of() { cat "$one/run/$1.pid"; }
beats() { [ "$(redis exists "hb:$1")" = 1 ]; }
silent() { ! beats "$1"; }
asked() { redis set "demo:$1" "$2" && "${@:3}"; }
pending() { control bot "{\"bot\":\"$1\"}" | grep -o '"pending":[0-9]*' | cut -d: -f2; }
no_backlog() { [ "$(pending "$1")" = 0 ]; }
updates_of() { curl -s "http://127.0.0.1:$(cat "$one/run/$1.port")/metrics" | awk '/^bot_updates_total/ { print $2 }'; }

both_come_up() {
	local first second
	tests/fleet/up "$one" & first=$!
	BOTS=3 tests/fleet/up "$two" & second=$!
	wait $first && wait $second && [ -s "$one/botswain.yaml" ] && [ -s "$two/botswain.yaml" ]
}
is_not_started_twice() {
	! tests/fleet/up "$one" 2>"$top/err" && grep -q "already up in '$one'" "$top/err" && beats orders
}
foreign_folder_is_left_alone() {
	mkdir "$top/mine" && touch "$top/mine/file"
	! tests/fleet/up "$top/mine" 2>"$top/err" && grep -q 'is not empty' "$top/err" && [ "$(ls "$top/mine")" = file ]
}
answered_three() { [ "$(control bot '{"bot":"orders"}' | grep -o '"sent_count":[0-9]*')" = '"sent_count":3' ]; }
wrote_rows() { [ "$(sql "select count(*) from messages m join bots b on b.id = m.bot_id where b.name = 'orders' and direction = 'out'")" = 3 ]; }
users_are_answered() {
	control play '{"bot":"orders","count":3,"text":"/help"}' && soon answered_three && soon wrote_rows &&
		redis xrevrange events:orders + - count 20 | grep -q correlation_id
}
handled_three() { [ "$(updates_of parcels)" = 3 ]; }
webhook_takes() {
	control play '{"bot":"parcels","count":3}' && soon handled_three && no_backlog parcels
}
both_worked() { [ "$(updates_of moderation)" -ge 4 ] && [ "$(updates_of moderation:1)" -ge 4 ]; }
workers_share_users() {
	control play '{"bot":"moderation","chat":1000,"count":4}' && control play '{"bot":"moderation","chat":1001,"count":4}' &&
		soon both_worked
}
disabled_on_purpose() {
	supervisor status winter-sale | grep -q STOPPED
	[ "${PIPESTATUS[1]}" = 0 ] && [ "$(sql "select is_enabled from bots where name = 'winter-sale'")" = f ]
}
python_look() { grep -Eq '^[0-9-]{10} [0-9:]{8},[0-9]{3} - news-de\.handlers - INFO - started' "$one/log/news-de.log"; }
json_look() { head -n 1 "$one/log/orders.log" | grep -q '^{"ts":".*"level":"info","bot":"orders"'; }
has_new_pid() { local pid; pid=$(pid_of "$1") && [ "$pid" != "$2" ] && [ -n "$(started_at "$pid")" ]; }
crashes() { asked booking crash soon has_new_pid booking "$(pid_of booking)" && grep -q 'Traceback' "$one/log/booking.log"; }
restart_cures_mute() {
	asked weather mute soon silent weather && supervisor restart 'weather:*' && soon beats weather &&
		[ "$(redis exists demo:weather)" = 0 ]
}
has_backlog() { [ "$(pending "$1")" -ge 3 ]; }
says_502() { curl -s "http://127.0.0.1:$(cat "$one/run/botapi.port")/bot$(cat "$one/tokens/shop-pay")/getWebhookInfo" | grep -q '502 Bad Gateway'; }
fails_a_delivery() { control play '{"bot":"shop-pay","count":3}' >/dev/null && says_502; }
webhook_502() {
	redis set demo:shop-pay 502 && soon fails_a_delivery && soon has_backlog shop-pay &&
		redis del demo:shop-pay && soon no_backlog shop-pay
}
console_only_reads() {
	[ "$(sql 'select count(*) from bots')" = 12 ] && ! sql "update bots set is_enabled = true" && sql 'select count(*) from pg_stat_activity'
}
saves() { [ "$(redis bgsave)" = 'Background saving started' ] && soon test -s "$one/redis/dump.rdb"; }
bots_use_only_their_methods() {
	! grep '"peer":"console"' "$one/transcript.jsonl" && grep -q '"peer":"bot"' "$one/transcript.jsonl" &&
		! grep -qFf "$top/secret" "$one/transcript.jsonl"
}
secrets_are_private() { [ -z "$(find "$one/tokens/" "$one/secrets/" -type f -perm /077)" ]; }
no_token_in_argv() { cut -d: -f2 "$one/tokens/orders" >"$top/secret" && ! cat /proc/[0-9]*/cmdline 2>/dev/null | grep -aqFf "$top/secret"; }

# A killed supervisord leaves its bots behind, and a pid that was written down may be somebody else's today.
everything_ends() {
	local tag bystander
	tag=$(cat "$one/tag")
	sleep 300 & bystander=$!
	echo "redis $bystander 12345" >>"$one/pids"
	kill -KILL "$(awk '/^supervisord/ { print $2 }' "$one/pids")"
	kill -STOP "$(awk '/^postgres/ { print $2 }' "$one/pids")"
	tests/fleet/down "$one" && [ ! -e "$one" ] && [ -z "$(tagged "$tag")" ] && kill "$bystander"
}
other_lives() { [ "$(redis-cli -s "$two/run/redis.sock" ping)" = PONG ] && [ -n "$(tagged "$(cat "$two/tag")")" ]; }
other_ends() { tests/fleet/down "$two" && [ ! -e "$two" ]; }
down_twice() { tests/fleet/down "$two"; }

# Redis blanks its environment, so nothing but what is written down leads to it: the start dies as it begins to write.
# The trap goes off in the function too, when the start may be gone already: that must not end the shell that becomes Redis.
dies_as_it_records_redis() {
	cat >"$top/bash-env" <<-'END'
		set -o functrace
		trap '[[ $BASH_COMMAND != "record \"\$name\""* || ${name-} != redis ]] || kill -KILL $$ 2>/dev/null || true' DEBUG
	END
	BASH_ENV=$top/bash-env tests/fleet/up "$two"
	[ $? = 137 ]
}
two_answers() { [ "$(redis-cli -s "$two/run/redis.sock" ping)" = PONG ]; }
killed_start_leaves_no_redis() {
	local redis
	dies_as_it_records_redis && soon two_answers || return 1
	redis=$(redis-cli -s "$two/run/redis.sock" info server | awk -F'[:\r]' '/^process_id/ { print $2 }')
	tests/fleet/down "$two" && [ ! -e "$two" ] && [ -n "$redis" ] && [ -z "$(started_at "$redis")" ] && return
	kill "$redis" && return 1
}

check 'two fleets come up at once' both_come_up
check 'a fleet that is up is not started again' is_not_started_twice
check 'a folder with files in it is left alone' foreign_folder_is_left_alone
check 'users are answered, with rows and events' users_are_answered
check 'a webhook takes updates' webhook_takes
check 'two workers share the users of one bot' workers_share_users
check 'a bot is disabled on purpose' disabled_on_purpose
check 'some bots log like python' python_look
check 'most bots log JSON' json_look
check 'a bot crashes on request and comes back' crashes
check 'a mute bot is cured by a restart' restart_cures_mute
check 'a webhook that says 502 has a backlog until it is cured' webhook_502
check 'the console may read, not write' console_only_reads
check 'Redis saves when it is told to' saves
check 'secrets are readable by their owner alone' secrets_are_private
check 'no token is in an argument' no_token_in_argv
check 'the transcript knows the bots and no token' bots_use_only_their_methods
check 'everything ends: with supervisord killed, with Postgres frozen, and no bystander' everything_ends
check 'the other fleet lives on' other_lives
check 'the other fleet ends' other_ends
check 'a fleet that is down may be taken down again' down_twice
check 'a start that is killed leaves no Redis, which no tag leads to' killed_start_leaves_no_redis
tap_end
