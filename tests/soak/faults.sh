# SPDX-License-Identifier: MIT
# The faults of a soak, one function each: fault_NAME injects, waits $hold seconds and takes it back. Sourced by bash; dir, run,
# config, state, out, build, engine, hold, note and botswain are those of tests/soak/run.

faults=(api_429 api_502 api_hang api_reset api_truncated api_slow api_gone api_frozen redis_frozen redis_killed redis_paused
	postgres_killed postgres_frozen postgres_sessions supervisord_frozen logs_rotated logs_truncated bots_killed bots_trouble
	reload_good reload_bad reload_fewer screen_killed screen_hung_up operations_run disk_full clients_many)

ctl() { tests/fleet/ctl "$dir" "$@" >/dev/null 2>&1 || note "ctl $* failed"; }
pid_of() { awk -v name="$1" '$1 == name {pid = $2} END {print pid}' "$dir/pids"; }
# again NAME COMMAND...: as the fleet's `up` started it
again() {
	local name=$1; shift
	(record "$name" "$BASHPID" && cd / && BOTSWAIN_FLEET=$BOTSWAIN_FLEET exec setsid "$@") </dev/null >>"$dir/log/$name.log" 2>&1 &
	disown
}
is_gone() { [ -z "$(started_at "$1")" ]; }
# hurt NAME SIGNAL SECONDS: stopped for so long, or killed
freeze() {
	signal_recorded "$1" STOP
	sleep "$hold"
	signal_recorded "$1" CONT
}
end_it() { # NAME SIGNAL
	local pid; pid=$(pid_of "$1")
	signal_recorded "$1" "$2"
	wait_until 10 is_gone "$pid" || note "$1 does not end"
}

# api KIND JSON: a fault of the Bot API for everybody
api() {
	ctl fault "{\"bot\":\"*\",\"kind\":\"$1\"${2-}}"
	sleep "$hold"
	ctl clear '{"bot":"*"}'
}
fault_api_429() { api status ',"status":429,"retry_after":3'; }
fault_api_502() { api html; }
fault_api_hang() { api hang; }
fault_api_reset() { api reset; }
fault_api_truncated() { api truncate; }
fault_api_slow() { api delay ',"delay_ms":1500'; }
fault_api_frozen() { freeze botapi; }
# It comes back on the same ports, but for that of its statistics, which the configuration then names.
fault_api_gone() {
	local port control old
	port=$(cat "$run/botapi.port") control=$(cat "$run/control.port") old=$(cat "$run/statistics.port")
	end_it botapi TERM
	rm -f "$run/statistics.port"
	sleep "$hold"
	again botapi "$build/fleet/botapi" --port "$port" --control-port "$control" --dir "$run" --transcript "$dir/transcript.jsonl" --bots "$dir/secrets/bots.jsonl"
	wait_until 10 test -s "$run/statistics.port" || note "the Bot API does not come back: $(tail -1 "$dir/log/botapi.log")"
	sed -i "s|127.0.0.1:$old/|127.0.0.1:$(cat "$run/statistics.port")/|" "$config" "$top/config"
	kill -HUP "$engine"
	TROUBLE=0 tests/fleet/life "$dir"
	operate restart shop-pay parcels # their webhooks are set at their start
	ctl transcript '{"bytes":4194304}'
}

redis() { redis-cli -s "$run/redis.sock" "$@"; }
fault_redis_frozen() { freeze redis; }
fault_redis_paused() { redis client pause $((hold * 1000)) all >/dev/null; sleep "$hold"; }
fault_redis_killed() {
	end_it redis KILL
	sleep "$hold"
	again redis redis-server "$dir/redis.conf"
}

fault_postgres_frozen() { freeze postgres; }
start_postgres() {
	local bin user=(); bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	[ "$(id -u)" != 0 ] || user=(setpriv "--reuid=$(stat -c %U "$run/pg/data")" "--regid=$(stat -c %G "$run/pg/data")" --init-groups --)
	again postgres "${user[@]}" "$bin/postgres" -D "$run/pg/data"
}
fault_postgres_killed() { # at once, so that it has to recover
	end_it postgres QUIT
	sleep "$hold"
	start_postgres
}
# Every session is ended: SIGTERM to the children of the postmaster that serve the database.
fault_postgres_sessions() {
	local master child; master=$(pid_of postgres)
	for child in $(cat "/proc/$master/task/$master/children" 2>/dev/null); do
		! tr '\0' ' ' <"/proc/$child/cmdline" | grep -q ' fleet ' || kill "$child" 2>/dev/null
	done
	sleep "$hold"
}

fault_supervisord_frozen() { freeze supervisord; }

fault_logs_rotated() { # renamed under its writer, which opens a new one when it is told to
	local log
	for log in orders quiz moderation-0; do mv "$dir/log/$log.log" "$dir/log/$log.log.1"; done
	signal_recorded supervisord USR2
	sleep "$hold"
}
fault_logs_truncated() {
	local log
	for log in weather news-de support-en; do : >"$dir/log/$log.log"; done
	printf '{"level":"error","msg":"written by hand, cut off' >>"$dir/log/weather.log"
	sleep "$hold"
	printf '"}\n' >>"$dir/log/weather.log"
}

# operate VERB WORD...: an operation, and what it said if it was not done
operate() {
	local status
	botswain "$@" --yes --reason "soak: $*" >/dev/null 2>"$out/operate.err"
	status=$?
	[ $status = 0 ] || note "$*: exit $status: $(tail -1 "$out/operate.err")"
}
fault_bots_killed() { # booking is started again by its supervisor
	local bot
	for bot in orders quiz booking; do kill -9 "$(cat "$run/$bot.pid")" 2>/dev/null; done
	sleep "$hold"
	operate start orders quiz
}
fault_bots_trouble() {
	local words=(slow mute 502 stall blind unwell errors) bots=(orders parcels quiz weather shop-pay) i
	for i in "${!bots[@]}"; do tests/fleet/ctl "$dir" trouble "${bots[i]}" "${words[$(((i + SECONDS) % 7))]}" >/dev/null; done
	sleep "$hold"
	for i in "${!bots[@]}"; do tests/fleet/ctl "$dir" trouble "${bots[i]}" >/dev/null; done
}

reload() { kill -HUP "$engine"; sleep "$hold"; }
fault_reload_good() { # another interval, and another token command
	sed 's/interval: 2s, heartbeats/interval: 3s, heartbeats/' "$top/config" >"$config"
	reload
	cp "$top/config" "$config"
	kill -HUP "$engine"
}
fault_reload_bad() {
	{ cat "$top/config"; echo 'no_such_option: {'; } >"$config"
	reload
	cp "$top/config" "$config"
	kill -HUP "$engine"
}
fault_reload_fewer() { # a bot, its pages and Postgres go, and come back
	awk '/^[a-z]/ {section = $1; skip = section == "postgres:"}
		section == "bots:" && /^  [a-z-]+:$/ {skip = $1 == "quiz:"} !skip' "$top/config" >"$config"
	botswain check-config "$config" >/dev/null 2>"$out/fewer.err" || note "the smaller configuration is wrong: $(head -1 "$out/fewer.err")"
	reload
	cp "$top/config" "$config"
	kill -HUP "$engine"
}

second() { read -r screen guard <"$out/second"; }
fault_screen_killed() { second; kill -9 "$screen" 2>/dev/null; sleep "$hold"; }
fault_screen_hung_up() { second; kill -HUP "$guard" 2>/dev/null; sleep "$hold"; }

fault_operations_run() {
	operate restart parcels weather
	operate backup run database
	find "$dir/backups" -type f -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d' ' -f2 | xargs -r rm -f
}

fault_disk_full() { # what cannot be recorded is refused
	cat /dev/zero >"$state/filler" 2>/dev/null
	sleep "$hold"
	operate restart orders
	rm -f "$state/filler"
}

fault_clients_many() {
	local i pids=()
	for ((i = 0; i < 12; i++)); do "$build/botswain" -c "$config" logs -f >/dev/null 2>&1 & pids+=($!); done
	sleep "$hold"
	kill -9 "${pids[@]}" 2>/dev/null
	wait "${pids[@]}" 2>/dev/null
}

# What a fault that was cut short may have left.
undo_everything() {
	local name
	for name in botapi redis postgres supervisord; do signal_recorded $name CONT; done
	rm -f "$state/filler"
	cp "$top/config" "$config"
}
