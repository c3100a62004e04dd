#!/bin/bash
# SPDX-License-Identifier: MIT
# `botswain query` of an engine that scrapes a page: an instant, a span, JSON, mistakes, limits, and no engine. Prints TAP.
set -uo pipefail
here=$(dirname -- "$(realpath -- "$0")")
. "$here/../fleet/lib.sh"
. "$here/../support/tap.sh"
build=$(realpath -- "${BOTSWAIN_BUILD:-$here/../../build}")
tap_begin query
dir=$top

engine='' server=''
leave() { kill ${engine:+"$engine"} ${server:+"$server"} 2>/dev/null; wait 2>/dev/null; }
trap leave EXIT

cat >"$dir/serve.py" <<'END_OF_SERVER'
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    count = 0
    def do_GET(self):
        Page.count += 10
        text = '# TYPE jobs_total counter\n# HELP jobs_total jobs "done"\njobs_total{queue="a"} %d\njobs_total{queue="b"} 7\nodd{text="two \\"words\\""} NaN\n' % Page.count
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
import os
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
END_OF_SERVER
python3 "$dir/serve.py" "$dir/port" &
server=$!
wait_until 10 test -s "$dir/port" || bail 'no page'
cat >"$dir/botswain.yaml" <<END_OF_SETTINGS
state_dir: $dir/state
pages: {metrics_interval: 1s}
bots: [{name: orders, transport: none, metrics: 'http://127.0.0.1:$(cat "$dir/port")/metrics'}]
END_OF_SETTINGS
query() { "$build/botswain" -c "$dir/botswain.yaml" query "$@"; }

"$build/botswaind" -c "$dir/botswain.yaml" >"$dir/engine" 2>&1 &
engine=$!
is_there() { [ -n "$(query 'rate(jobs_total{queue="a"}[1m])' 2>/dev/null)" ]; }
wait_until 20 is_there || bail "the page is not scraped: $(cat "$dir/engine")"

check 'tells an instant, a series a line' [ "$(query 'jobs_total{queue="b"}')" = 'jobs_total{bot="orders",queue="b"} 7' ]
check 'tells a scalar as the number alone' [ "$(query '1 + 2 * 3')" = 7 ]
check 'tells a string as it is' [ "$(query '"a b"')" = 'a b' ]
check 'tells NaN and quotes of labels' [ "$(query odd)" = 'odd{bot="orders",text="two \"words\""} NaN' ]
check 'tells nothing of what is not there, and that is well' [ -z "$(query nothing_of_that_name)" ]
query --range 10s..now --step 2s 'jobs_total{queue="b"}' >"$dir/range"
check 'tells a span: the series, then a line a point' grep -qxE '  20[0-9-]+T[0-9:.]+Z  7' "$dir/range"
check 'a span begins with its series' [ "$(head -1 "$dir/range")" = 'jobs_total{bot="orders",queue="b"}' ]
check 'says JSON with labels, values and who answered' python3 - <(query --json 'sum by (queue) (jobs_total{queue="b"})') <(query --json --range 10s..now --step 5s 'vector(2)') <(query --json odd) <<'END_OF_CHECK'
import json, sys
one, many, odd = (json.load(open(name)) for name in sys.argv[1:])
assert one["v"] == 1 and one["type"] == "vector" and one["source"] == "botswain", one
assert one["result"][0]["labels"] == {"queue": "b"} and one["result"][0]["value"] == 7, one
assert many["type"] == "matrix" and [v for _, v in many["result"][0]["values"]] == [2, 2, 2], many
assert odd["result"][0]["value"] == "NaN" and odd["result"][0]["labels"]["text"] == 'two "words"', odd
END_OF_CHECK

check 'tells what a metric is' [ "$(query --metadata jobs)" = 'jobs_total counter jobs "done"' ]
check 'tells metrics without a type as unknown' grep -qx 'odd unknown' <(query --metadata)
check 'tells the types of our own metrics' grep -q '^process_cpu_percent gauge \|^botswain_cpu_percent gauge processor' <(query --metadata)
check 'tells no functions among the metrics' [ -z "$(query --metadata sum_over)" ]
check 'says types and help as JSON' python3 - <(query --json --metadata jobs_total) <<'END_OF_CHECK'
import json, sys
one = json.load(open(sys.argv[1]))
assert one == {"v": 1, "left": 0, "metadata": [{"metric": "jobs_total", "type": "counter", "unit": "", "help": 'jobs "done"', "series": 2}]}, one
END_OF_CHECK

# refuses STATUS WORDS ARGUMENT...: the sentence on standard error, nothing on standard output
refuses() {
	local wanted=$1 words=$2; shift 2
	query "$@" >"$dir/out" 2>"$dir/said"
	[ $? = "$wanted" ] && [ ! -s "$dir/out" ] && grep -qF -- "$words" "$dir/said" ||
		{ cat "$dir/out" "$dir/said"; return 1; }
}
points_at() {
	query 'rate(jobs_total[1m)' 2>"$dir/said" && return 1
	[ "$(sed -n 2p "$dir/said")" = '  rate(jobs_total[1m)' ] && sed -n 3p "$dir/said" | grep -qE '^ +\^$'
}
check 'a mistake stands under its place in the expression' points_at
check 'a mistake is the status of wrong usage' refuses 2 '^' 'rate(jobs_total)'
check 'nothing to ask is wrong usage' refuses 2 'query needs an expression'
check 'two expressions are wrong usage' refuses 2 'one expression is asked for at a time' up up
check 'a step needs a span' refuses 2 '--step goes with --range' --step 5s up
check 'a span that ends before it begins is wrong usage' refuses 2 'with A before B' --range now..10s up
check 'a time that is none is wrong usage' refuses 2 '--at takes a time' --at yesterday up
check 'types and help are those of now' refuses 2 '--metadata is of now' --metadata --at 5m jobs
check 'an option that is none is wrong usage' refuses 2 '--nonsense' --nonsense up
check 'more points than a series may have are refused' refuses 1 'more than 11000 points a series' --range 24h..now --step 1s 'vector(1)'

kill "$server" "$engine"
wait "$engine" 2>/dev/null
server=
"$build/botswaind" -c "$dir/botswain.yaml" >"$dir/engine" 2>&1 &
engine=$!
is_kept() { [ "$(query 'last_over_time(jobs_total{queue="b"}[10m])' 2>/dev/null)" = 'jobs_total{bot="orders",queue="b"} 7' ]; }
check 'what was measured before outlives a restart' wait_until 20 is_kept
tap_end
