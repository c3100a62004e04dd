#!/bin/bash
# SPDX-License-Identifier: MIT
# `botswain discover` with a real supervisord: bots are found by their environment, their settings, an env file and a
# connection, each once; what is no bot is left out; no token is printed; check-config takes what was printed.
set -uo pipefail
here=$(dirname -- "$(realpath -- "$0")")
. "$here/../fleet/lib.sh"
. "$here/../support/tap.sh"
build=$(realpath -- "${BOTSWAIN_BUILD:-$here/../../build}")
tap_begin discover
dir=$top pids=()

leave() {
	local pid
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
}

token() { printf '71000%05d:AAFcanary%027d' "$1" "$1"; }

port=$((20000 + RANDOM % 10000))
python3 -m http.server --bind 127.0.0.1 --directory "$dir" "$port" >/dev/null 2>&1 &
pids+=($!)
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
wait_until 10 listens || bail 'no port'

umask 077
mkdir "$dir/tokens" "$dir/env"
token 2 >"$dir/tokens/two"
token 5 >"$dir/tokens/five"
printf '{"name": "two", "token_file": "%s/tokens/two", "redis": "%s/no.sock"}\n' "$dir" "$dir" >"$dir/two.json"
printf '{"nested": {"token_file": "%s/tokens/five"}}\n' "$dir" >"$dir/five.json"
token 7 >"$dir/tokens/seven"
printf '{"token_file": "%s/tokens/seven"}\n' "$dir" >"$dir/seven.json"
printf 'BOT_TOKEN=%s\nREDIS_URL=redis://user:hunter2canary@127.0.0.1:1/0\n' "$(token 3)" >"$dir/env/.env"
cat >"$dir/supervisord.conf" <<END
[unix_http_server]
file=$dir/s.sock
[supervisord]
nodaemon=true
logfile=$dir/supervisord.log
pidfile=$dir/supervisord.pid
childlogdir=$dir
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:dsc-environ]
command=tail -f /dev/null
environment=BOT_TOKEN="$(token 1)",DATABASE_URL="postgres://u:hunter2canary@192.0.2.1/dscdb"
[program:dsc-settings]
command=tail -f $dir/two.json
[program:dsc-envfile]
command=tail -f /dev/null
directory=$dir/env
[program:dsc-talks]
command=bash -c 'exec 3<>/dev/tcp/127.0.0.1/$port; exec tail -f /dev/null'
[program:dsc-halted]
command=tail -f $dir/five.json
autostart=false
[program:dsc-shards]
command=env BOT_TOKEN=$(token 6) tail -f /dev/null
process_name=%(program_name)s-%(process_num)d
numprocs=2
[program:dsc-beside]
command=tail -f $dir/seven.json
[program:dsc-seven]
command=bash -c 'exec 3<>/dev/tcp/127.0.0.1/$port; exec tail -f $dir/seven.json'
[program:dsc-trap]
command=env "X';touch trapped;'=$(token 9)" tail -f /dev/null
[program:dsc-web]
command=tail -f /dev/null
END
supervisord -c "$dir/supervisord.conf" >/dev/null 2>&1 &
pids+=($!)
touch "$dir/alone.conf"
bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; exec tail -f $dir/alone.conf" 2>/dev/null &
alone=$!
pids+=("$alone")

# Bots that no supervisor runs, started alike: a and b in folders of their own, two that nothing tells apart, two whose
# long command lines differ at the end, and one with a password in its arguments and one in an address.
start_bot() { # FOLDER TOKEN-NUMBER ARGUMENT...
	mkdir -p "$dir/$1"
	printf 'import signal\nsignal.pause()\n' >"$dir/$1/bot.py"
	(cd "$dir/$1" && BOT_TOKEN=$(token "$2") exec /usr/bin/python3 bot.py "${@:3}") &
	started=$!
	pids+=("$started")
	wait_until 10 is_python || bail 'no process'
}
is_python() { [ "$(cat "/proc/$started/comm")" = python3 ]; }
started=0 long=$(printf 'x%.0s' {1..300})
start_bot alike-a 11
alike_a=$started
start_bot alike-b 12
alike_b=$started
start_bot twins 13
start_bot twins 14
start_bot long 15 "$long" one
start_bot long 16 "$long" two
DATABASE_URL=postgres://u:ab/hunter2canary@192.0.2.2/hiddendb start_bot secrets 17 --db-password hunter2canary -v
running() { [ "$(supervisorctl -s "unix://$dir/s.sock" status | grep -c RUNNING)" = 10 ]; }
wait_until 20 running || bail "supervisord: $(supervisorctl -s "unix://$dir/s.sock" status | tr '\n' ';')"

is_alone() { [ "$(cat "/proc/$alone/comm")" = tail ]; }
wait_until 10 is_alone || bail 'no process'

export BOTSWAIN_TELEGRAM_API=http://127.0.0.1:$port XDG_STATE_HOME=$dir/state
discover() { (cd "$dir" && "$build/botswain" discover "$@"); }

discover >"$dir/all.yaml" 2>"$dir/words"
yaml() { grep -A8 "^  $1:" "$dir/all.yaml" | sed '2,$ {/^  [a-z]/,$d}'; }
has() { yaml "$1" | grep -qF -- "$2" || { yaml "$1"; return 1; }; }
lacks() { ! yaml "$1" | grep -qF -- "$2"; }

check 'a supervisord that listens elsewhere is found and named' \
	grep -qF "address: \"$dir/s.sock\"" "$dir/all.yaml"
check 'a token in the environment is found, and how to move it is said' \
	has dsc-environ "its token is in the environment of process"
check 'a variable whose name is a command is found' has dsc-trap 'put it into a file tokens/dsc-trap'
check 'and stands in no command to be pasted' lacks dsc-trap '(umask'
check 'a token that settings in JSON name is taken from its file' has dsc-settings "token: {file: \"$dir/tokens/two\"}"
check 'a token in an env file is taken from there' \
	has dsc-envfile "token: {env_file: \"$dir/env/.env\", key: \"BOT_TOKEN\"}"
check 'a connection to Telegram makes a bot' has dsc-talks 'connected to Telegram'
check 'a program that is stopped is found, and disabled' has dsc-halted 'enabled: no'
check 'several processes of one program are one bot' has dsc-shards 'supervisord: "dsc-shards:*"'
check 'how its process is found is its supervisor' has dsc-settings 'process: {supervisord: "dsc-settings"'
check 'a process that no supervisor runs is found by its command line' \
	grep -q 'process: {match: "^tail -f .*/alone\\\\\.conf\$"}' "$dir/all.yaml"
match='process: {match: "^/usr/bin/python3 bot\\.py$"'
check 'of two with one command line each is found by its folder' has alike-a "$match, directory: \"$dir/alike-a\"}"
check 'and so is the other' has alike-b "$match, directory: \"$dir/alike-b\"}"
check 'for two that nothing tells apart the step is said' has twins 'same command line and working directory'
check 'and no pattern that finds the other one' lacks twins 'match:'
check 'a long command line is told apart by its end' grep -q 'xx two\$"}' "$dir/all.yaml"
check 'a password among the arguments is anything' has secrets 'bot\\.py --db-password .+ -v$"}'
check 'a password with a slash is no port and no database' grep -q 'dsn: "host=192.0.2.2 dbname=hiddendb"' "$dir/all.yaml"
check 'what is no bot is left out' [ "$(grep -c 'dsc-web' "$dir/all.yaml")" = 0 ]
check 'of two programs with one token the connected one is the bot' [ "$(grep -c '"dsc-beside"\|"dsc-seven"' "$dir/all.yaml")" = 1 ]
hidden() { grep -q "^# As a service (PrivateTmp=yes.* under /tmp, here /tmp/.* and [0-9]* more:" "$dir/all.yaml"; }
case $dir in
/tmp/*) check 'what a service would not see is said, with the step' hidden ;;
*) skip 'what a service would not see is said' 'the folder of this test is not in /tmp' ;;
esac
twice() { [ "$(grep -c "\"dsc-settings\"" "$dir/all.yaml")" = 1 ]; }
check 'nothing is listed twice' twice
check 'check-config takes what was printed' "$build/botswain" check-config "$dir/all.yaml"
check 'a Redis that does not answer stands there as a comment' grep -q '^#    socket: ".*no.sock"' "$dir/all.yaml"
check 'a Postgres of another machine is named and not asked' grep -q '^#    dsc\|^#    dsn: "host=192.0.2.1 dbname=dscdb"' "$dir/all.yaml"
check 'the words say what was asked and what could not be' \
	grep -qF "supervisord at $dir/s.sock: 11 programs, 8 of them bots" "$dir/words"
check 'the driver is that of the supervisor' \
	grep -qE "^#? *restart: \[supervisorctl, -s, \"unix://$dir/s.sock\", restart, \"\{program\}\"\]" "$dir/all.yaml"
discover --json >"$dir/all.json" 2>/dev/null
check 'the same is there as JSON' python3 -c "
import json
found = json.load(open('$dir/all.json'))
bot = [b for b in found['bots'] if b.get('supervisord') == 'dsc-settings'][0]
assert found['v'] == 1 and bot['tg_id'] == 7100000002 and bot['token_file'] == '$dir/tokens/two', bot"
printf 'supervisors: {mine: {kind: supervisord, address: %s/s.sock}}\ntelegram: {api: "%s"}\nbots:\n  a: {transport: none, process: {supervisord: dsc-environ}}\n  b: {token: {file: tokens/two}}\n' \
	"$dir" "$BOTSWAIN_TELEGRAM_API" >"$dir/mine.yaml"
cp "$dir/mine.yaml" "$dir/before.yaml"
discover --merge "$dir/mine.yaml" >"$dir/more.yaml" 2>"$dir/more.words"
merged() { grep -q '"dsc-envfile"' "$dir/more.yaml" && ! grep -q '"dsc-environ"\|"dsc-settings"' "$dir/more.yaml"; }
check 'what a configuration has, by process or by token, is left out' merged
check 'the configuration itself is left as it was' cmp "$dir/mine.yaml" "$dir/before.yaml"

# The engine finds each by what was printed, and says so when it has gone.
pid_of() {
	BOTSWAIN_STATE_DIR=$dir/engine "$build/botswain" bots --json --wait 15s -c "$dir/all.yaml" 2>/dev/null |
		python3 -c 'import json, sys
for bot in json.load(sys.stdin)["bots"]:
    if bot["name"] == sys.argv[1]: print(bot["pid"])' "$1"
}
check 'the engine finds each of them' [ "$(pid_of alike-a)/$(pid_of alike-b)" = "$alike_a/$alike_b" ]
kill "$alike_b"
wait "$alike_b" 2>/dev/null
check 'one that has ended is not the other' [ "$(pid_of alike-a)/$(pid_of alike-b)" = "$alike_a/0" ]
discover --merge "$dir/all.yaml" >"$dir/again.yaml" 2>"$dir/again.words"
check 'what it printed itself it does not print again' sh -c "! grep -q '^  [a-z]' '$dir/again.yaml'"
start_bot alike-c 18
sed 's|, directory: "[^"]*/alike-a"||' "$dir/all.yaml" >"$dir/loose-match.yaml"
discover --merge "$dir/loose-match.yaml" >"$dir/claimed.yaml" 2>/dev/null
check 'a match of the configuration that finds a new bot as well is said' \
	grep -q "the match of 'alike-a' finds this process, too" "$dir/claimed.yaml"
discover --merge "$dir/all.yaml" >"$dir/third.yaml" 2>/dev/null
check 'but a third of the same command line it does' grep -qF "directory: \"$dir/alike-c\"}" "$dir/third.yaml"
secret() { ! grep -l canary "$dir"/*.yaml "$dir"/*.json "$dir/words" "$dir"/*.words; }
mv "$dir/two.json" "$dir/five.json" "$dir/env/"
check 'no token and no password is printed anywhere' secret
chmod 644 "$dir/env/.env"
discover >"$dir/loose.yaml" 2>/dev/null
loose() { grep -A3 '^  dsc-envfile:' "$dir/loose.yaml" | grep -q 'chmod 600'; }
check 'a token that others can read is not taken: the chmod is said' loose
check 'and check-config takes that, too' "$build/botswain" check-config "$dir/loose.yaml"
check 'a wrong option is refused with what is right' \
	sh -c "'$build/botswain' discover --supervisor nonsense 2>&1 | grep -q 'KIND is one of.*supervisord'"

# The same of pm2, whose list holds the environment of every app. BOTSWAIN_PM2 names it, else what test_collect_pm2 installed.
pm2=${BOTSWAIN_PM2:-$here/../../build/pm2/node_modules/.bin/pm2}
if [ -x "$pm2" ]; then
	export PM2_HOME=$dir/pm2
	printf 'setInterval(() => 0, 1000)\n' >"$dir/app.js"
	(cd "$dir" && BOT_TOKEN=$(token 8) "$pm2" start app.js --name dsc-pm2) >/dev/null 2>&1
	unset PM2_HOME
	discover >"$dir/pm2.yaml" 2>"$dir/pm2.words"
	check 'an app of a pm2 elsewhere is found by its daemon' grep -q 'process: {pm2: "dsc-pm2"' "$dir/pm2.yaml"
	check 'no token of its environment is printed' sh -c "! grep canary '$dir/pm2.yaml' '$dir/pm2.words'"
	PM2_HOME=$dir/pm2 "$pm2" kill >/dev/null 2>&1
else
	skip 'an app of pm2 is found' 'pm2 is not installed: test_collect_pm2 installs it with npm'
fi
tap_end
