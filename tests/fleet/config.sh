# SPDX-License-Identifier: MIT
# write_config: the console's configuration of the fleet that `up` has started. Sourced by up.

supervisorctl_verb() { printf '[supervisorctl, -c, %s/supervisord.conf, %s, "{bot}:*"]' "$dir" "$1"; }

# transport INDEX
transport() {
	case ${kinds[$1]} in
	webhook | mtproto) printf '%s' "${kinds[$1]}" ;;
	*) printf polling ;;
	esac
}

# process INDEX: all three ways to name a process are in use
process() {
	local name=${names[$1]}
	case ${kinds[$1]} in
	remote)
		printf '    heartbeat: none\n'
		return
		;;
	sharded) printf '    process: {match: "%s/fleet/bot %s/bots/%s.json"}\n' "$build" "$dir" "$name" ;;
	*) printf '    process: {pidfile: %s/%s.pid}\n' "$run" "$name" ;;
	esac
	[ "${kinds[$1]}" != disabled ] || printf '    enabled: no\n'
	case ${kinds[$1]} in
	sharded) printf '    logs: ["%s/log/%s-*.log"]\n' "$dir" "$name" ;;
	*) printf '    logs: [%s/log/%s.log]\n' "$dir" "$name" ;;
	esac
	printf '    heartbeat: "hb:%s"\n' "$name"
}

write_config() {
	local i
	cat <<-END
		# Written by tests/fleet/up for the fleet in $dir.
		environment: demo
		write: always
		state_dir: $dir/state
		telegram: {api: "$api", interval: 2s}
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
		printf '  %s:\n    token: {file: %s/tokens/%s}\n    transport: %s\n' "${names[i]}" "$dir" "${names[i]}" "$(transport "$i")"
		process "$i"
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
		  worker_silent: {after: 2m}
		  restart_loop: {starts: 3, within: 2m}
	END
}
