# SPDX-License-Identifier: MIT
# write_config: the console's configuration of the fleet that `up` has started. Sourced by up.

supervisorctl_verb() { printf '[supervisorctl, -c, %s/supervisord.conf, %s, "{bot}:*"]' "$dir" "$1"; }

# A bot that only exists in the Bot API server; one line, because there may be thousands.
remote_bot() { printf '  %s: {token: {file: tokens/%s}, heartbeat: none}\n' "$1" "$1"; }

# The pages of a bot that has run: it wrote down where it listens, and listens there again.
pages_of() {
	[ -s "$run/$1.port" ] || return 0
	printf '    health: http://127.0.0.1:%s/healthz\n' "$(<"$run/$1.port")"
	printf '    metrics: http://127.0.0.1:%s/metrics\n' "$(<"$run/$1.port")"
}

# local_bot NAME KIND: every form of a token file and of a process is in use by one bot or another.
local_bot() {
	local name=$1 kind=$2 transport=polling token="{file: tokens/$1}"
	local process="{pidfile: $run/$name.pid}" logs="$dir/log/$name.log"
	[ "$name" != parcels ] || token="{env_file: secrets/parcels.env, key: BOT_TOKEN}"
	[ "$name" != news-de ] || process="{pid_command: [cat, $run/$name.pid]}"
	case $kind in
	webhook | mtproto) transport=$kind ;;
	sharded)
		process="{match: \"$build/fleet/bot $dir/bots/$name.json\"}"
		logs="$dir/log/$name-*.log"
		;;
	esac
	cat <<-END
		  $name:
		    token: $token
		    transport: $transport
		    process: $process
		    logs: ["$logs"]
		    heartbeat: "hb:$name"
	END
	[ "$kind" != disabled ] || printf '    enabled: no\n'
	pages_of "$name"
}

write_config() {
	local i
	cat <<-END
		# Written by tests/fleet/up for the fleet in $dir.
		environment: demo
		write: always
		state_dir: $dir/state
		telegram: {api: "$api", interval: 2s, statistics: "http://127.0.0.1:$(<"$run/statistics.port")/"}
		pages: {health_interval: 5s, metrics_interval: 5s}
		driver:
		  start: $(supervisorctl_verb start)
		  stop: $(supervisorctl_verb stop)
		  restart: $(supervisorctl_verb restart)
		redis:
		  main: {socket: $run/redis.sock, interval: 2s, heartbeats: "hb:*", streams: ["events:*"]}
		postgres:
		  main:
		    dsn: "host=$run/pg dbname=fleet user=console passfile=$dir/secrets/console.pgpass"
		    interval: 2s
		    listen: [fleet]
		    queries:
		      - {name: messages_total, sql: "select 'messages_total', count(*) from messages", interval: 5s}
		bots:
	END
	for ((i = 0; i < bots; i++)); do
		if [ "${kinds[i]}" = remote ]; then
			remote_bot "${names[i]}"
		else
			local_bot "${names[i]}" "${kinds[i]}"
		fi
	done
	cat <<-END
		backups:
		  database:
		    command: [$pg_bin/pg_dump, -Fc, -d, "host=$run/pg dbname=fleet user=console passfile=$dir/secrets/console.pgpass"]
		    file: "$dir/backups/fleet-{time}.dump"
		    verify: [$pg_bin/pg_restore, --list, "{file}"]
		# Shorter than the defaults, so that trouble shows within a minute.
		alerts:
		  heartbeat_late: {after: 6s}
		  backlog_rising: {pending: 10, polls: 3}
		  webhook_error: {within: 60s}
		  webhook_url_changed: {within: 60s}
		  rate_limited: {within: 30s}
		  poller_conflict: {within: 60s}
		  worker_silent: {after: 20s}
		  restart_loop: {starts: 3, within: 60s}
	END
}
