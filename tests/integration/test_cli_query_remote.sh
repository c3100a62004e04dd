#!/bin/bash
# SPDX-License-Identifier: MIT
# `botswain query` where another Prometheus is configured: who answered is said, and --own asks the engine's own store. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin cli-query-remote
engine='' server=''
leave() { kill ${engine:+"$engine"} ${server:+"$server"} 2>/dev/null; wait 2>/dev/null; }

# Answers every query with 7, but "hang" never; its port goes to standard output.
cat >"$top/server.py" <<'END'
import http.server
import json
import sys
import threading
import urllib.parse


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = urllib.parse.parse_qs(self.rfile.read(int(self.headers['Content-Length'])).decode())
        with open(sys.argv[1], 'w', encoding='utf-8') as file:
            file.write(f'{self.path} {asked["query"][0]}')
        if asked['query'] == ['hang']:
            threading.Event().wait()
        body = json.dumps({'status': 'success', 'data': {'resultType': 'scalar', 'result': [1, '7']}}).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
END
python3 "$top/server.py" "$top/asked" >"$top/port" & server=$!
has_port() { [ -s "$top/port" ]; }
wait_until 10 has_port || bail 'no server'
port=$(cat "$top/port")
configure() { # MORE
	printf 'state_dir: %s/state\nbots: [{name: orders, transport: none}]\n%s\n' "$top" "$1" >"$top/c.yaml"
}
configure "metrics: {prometheus: {url: 'http://127.0.0.1:$port/', timeout: 2m}}"
"$build/botswaind" -c "$top/c.yaml" >"$top/engine.log" 2>&1 & engine=$!
is_there() { [ -S "$top/state/engine.sock" ]; }
wait_until 10 is_there || bail 'no engine'
query() { "$build/botswain" -c "$top/c.yaml" query "$@" 2>"$top/said"; }

asks_it() { [ "$(query '1 + "&=" ')" = 7 ] && [ "$(cat "$top/asked")" = '/api/v1/query 1 + "&=" ' ]; }
says_who() {
	query --json 1 | grep -q "\"source\":\"http://127.0.0.1:$port\"" && query --own --json 1 | grep -q '"source":"botswain"'
}
own() { [ "$(query --own '1 + 1')" = 2 ]; }
changes() {
	query --wait 1m hang & local waiting=$!
	is_asked() { grep -q hang "$top/asked"; }
	wait_until 10 is_asked || return 1
	configure "metrics: {prometheus: {url: 'http://127.0.0.1:$port/'}}"
	kill -HUP "$engine"
	wait "$waiting" && return 1
	grep -q 'nobody asks it any more, its settings changed: ask again' "$top/said"
}
gone() {
	kill "$server"; wait "$server" 2>/dev/null; server=''
	query 1 && return 1
	grep -q "http://127.0.0.1:$port: Connection refused; \`botswain query --own\` asks the engine's own metrics" "$top/said" && own
}
leaves_it() {
	configure ''
	kill -HUP "$engine"
	answers_itself() { [ "$(query '2 + 2')" = 4 ]; }
	wait_until 10 answers_itself
}

check 'a query is answered by the Prometheus of the settings' asks_it
check 'JSON says who answered' says_who
check '--own asks the store of the engine' own
check 'who waits when the settings change is told to ask again' changes
check 'one that is gone is said, with who can be asked' gone
check 'a reload without it asks the own store' leaves_it
tap_end
