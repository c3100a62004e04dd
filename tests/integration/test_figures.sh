#!/bin/bash
# SPDX-License-Identifier: MIT
# Named figures of an engine that scrapes a page whose true p95, share of errors, hits of the cache and budgets are known; what the
# settings make of them. Prints TAP.
set -uo pipefail
here=$(dirname -- "$(realpath -- "$0")")
. "$here/../fleet/lib.sh"
. "$here/../support/tap.sh"
build=$(realpath -- "${BOTSWAIN_BUILD:-$here/../../build}")
tap_begin figures
dir=$top

engine='' server=''
leave() { kill ${engine:+"$engine"} ${server:+"$server"} 2>/dev/null; wait 2>/dev/null; }
trap leave EXIT

# At each look 100 updates more: 90 in up to 100 ms, 8 up to 200, 2 up to 1 s. 5 of them fail; 60 of 80 lookups are hits. So p50 is
# 100 * 50 / 90 ms, p95 100 + 100 * 5 / 8 ms, p99 200 + 800 / 2 ms; 2 in 100 are slower than 200 ms, where 5 may be.
cat >"$dir/serve.py" <<'END_OF_SERVER'
import http.server, os, sys
class Page(http.server.BaseHTTPRequestHandler):
    looks = 0
    def do_GET(self):
        Page.looks += 1
        n = Page.looks
        text = "".join(f"{name} {value * n}\n" for name, value in [
            ("bot_updates_total", 100), ("bot_errors_total", 5), ("cache_hits_total", 60), ("cache_misses_total", 20),
            ('bot_update_duration_seconds_bucket{le="0.1"}', 90), ('bot_update_duration_seconds_bucket{le="0.2"}', 98),
            ('bot_update_duration_seconds_bucket{le="0.5"}', 98), ('bot_update_duration_seconds_bucket{le="1"}', 100),
            ('bot_update_duration_seconds_bucket{le="+Inf"}', 100), ("bot_update_duration_seconds_count", 100),
            ("bot_update_duration_seconds_sum", 9), ("my_updates_total", 50)])
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Page)
open(sys.argv[1] + ".new", "w").write(str(server.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
END_OF_SERVER
python3 "$dir/serve.py" "$dir/port" &
server=$!
wait_until 10 test -s "$dir/port" || bail 'no page'
settings() { # MORE
	cat >"$dir/botswain.yaml" <<END_OF_SETTINGS
state_dir: $dir/state
pages: {metrics_interval: 1s}
bots:
  orders: {transport: none, metrics: 'http://127.0.0.1:$(cat "$dir/port")/metrics'}
  silent: {transport: none}
$1
END_OF_SETTINGS
}
botswain() { "$build/botswain" -c "$dir/botswain.yaml" "$@"; }
settings ''
"$build/botswaind" -c "$dir/botswain.yaml" >"$dir/engine" 2>&1 &
engine=$!
is_there() { [ -n "$(botswain query --figure p99 2>/dev/null)" ] && [ -n "$(botswain query '$(error-share.budget)' 2>/dev/null)" ]; }
wait_until 30 is_there || bail "the page is not scraped: $(cat "$dir/engine")"

# is NAME VALUE [BUDGET]: of orders, and silent has none
is() {
	botswain figures "$1" --json >"$dir/json" && python3 - "$dir/json" "$@" <<'END_OF_CHECK'
import json, sys
said = json.load(open(sys.argv[1]))
assert said["v"] == 1 and len(said["figures"]) == 1, said
figure = said["figures"][0]
assert figure["name"] == sys.argv[2], figure
assert [value["bot"] for value in figure["values"]] == ["orders"], figure
one = figure["values"][0]
assert abs(one["value"] - float(sys.argv[3])) < 1e-9, one
if len(sys.argv) > 4:
    assert abs(one["budget"] - float(sys.argv[4])) < 1e-9, one
END_OF_CHECK
}
check 'p50 is what half of the updates take' is p50 "$(python3 -c 'print(0.1 * 50 / 90)')"
check 'p95 is the true one, and three fifths of what may be slower than 200 ms are left' is p95 0.1625 0.6
check 'p99 is the true one, and of what may be slower than 500 ms twice as much was' is p99 0.75 -1
check 'the share of errors is the true one, and four times its budget is overspent' is error-share 0.05 -4
check 'the cache answered three of four lookups, and a sixth of what it may miss is left' is cache 0.75 "$(python3 -c 'print(1 - 0.25 / 0.3)')"
# yields LABELS VALUE ARGUMENT...: one series, whose value is that but for the last digits
yields() {
	local labels=$1 value=$2; shift 2
	botswain query "$@" | awk -v labels="$labels" -v value="$value" '
		{good = $1 == labels && $2 - value < 1e-9 && value - $2 < 1e-9; print} END {exit !(good && NR == 1)}'
}
check 'a query takes a figure by its name' yields '{bot="orders"}' 0.05 --figure error-share
check 'and within an expression, with its target' yields '{}' 5 'max($(error-share)) / $(error-share.target)'
botswain figures >"$dir/all"
check 'all are listed with what they ask' [ "$(grep -c '^[a-z]' "$dir/all")" = 8 ]
check 'a value says whether it is where it should be' grep -qE '^  orders +0\.75 +crit +budget left -1$' "$dir/all"

is_gone() { [ -z "$(botswain query --figure p99)" ] && [ -z "$(botswain query --figure p95)" ] && [ -z "$(botswain query --figure cache)" ] && [ -z "$(botswain query --figure updates)" ]; }

refuses() { # WORDS ARGUMENT...
	local words=$1; shift
	botswain "$@" >"$dir/out" 2>"$dir/said"
	[ $? = 2 ] && [ ! -s "$dir/out" ] && grep -qF -- "$words" "$dir/said" || { cat "$dir/out" "$dir/said"; return 1; }
}
check 'a figure that is none is refused' refuses "no figure 'p42'" query --figure p42
check 'by the list, too' refuses "no figure 'p42'" figures p42

settings "figures:
  p95: {target: 0.1}
  updates: {query: 'sum by (bot) (my_updates_total{bot=~\"\$bot\"}) / sum by (bot) (bot_updates_total)'}
  halves: {query: 'sum by (bot) (my_updates_total)) +'}"
check 'the target of the settings is that of the budget' is p95 0.1625 -1
check 'the query of the settings stands in place of the shipped one' is updates 0.5
check 'a mistake in one is told with its place' refuses '^' figures halves
check 'the settings are good for check-config' botswain check-config
settings ''
kill "$server" && wait "$server" 2>/dev/null
server=''
check 'of a page that cannot be read any more no figure stands' wait_until 20 is_gone
settings 'figures: {own: {unit: ms}}'
check 'one without a query is refused with its line' refuses "botswain.yaml:6:" check-config
tap_end
