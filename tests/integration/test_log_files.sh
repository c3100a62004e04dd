#!/bin/bash
# SPDX-License-Identifier: MIT
# botswain logs FILE...: files where they lie, without a configuration, in the order of time, with the filters of every log. Real
# programs. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin logs
export XDG_CONFIG_HOME=$top/none XDG_STATE_HOME=$top/none HOME=$top/none
token=123456789:AAaaBBbbCCccDDddEEeeFFffGGggHHhhIIi
{
	printf '2026-11-20T10:00:01Z INFO first\n2026-11-20T10:00:03Z ERROR third\nTraceback (most recent call last):\n  File "x.py"\n'
	printf '2026-11-20T10:00:02Z WARNING second, late\n2026-11-20T10:00:05Z INFO asked /bot%s/getMe\n' "$token"
	printf '2026-11-20T10:00:06Z INFO \033]0;owned\007 \342\200\256 shown\n'
} >"$top/a.log"
printf '{"time":"2026-11-20T10:00:04Z","level":"info","bot":"ada","msg":"fourth"}\n' >"$top/b.log"
logs() { "$build/botswain" logs "$@" >"$top/answer" 2>"$top/said"; }
is() { [ "$(cat "$top/answer")" = "$1" ] || { cat "$top/answer"; false; }; }
texts() { sed -E 's/^[^ ]+ +[^ ]+ +. *//' "$top/answer"; }
in_order() { logs "$top/a.log" "$top/b.log" && [ "$(texts | cut -d' ' -f1 | head -6 | tr '\n' ' ')" = 'first second, third Traceback File fourth ' ] || { texts; false; }; }
of_a_bot() { logs --bot ada "$top/a.log" "$top/b.log" && is '2026-11-20T10:00:04.000Z ada              I fourth'; }
errors() { logs "$top/a.log" --level error && [ "$(wc -l <"$top/answer")" = 3 ]; }
no_secret() { logs "$top/a.log" && grep -q '/bot123456789:<redacted>/getMe' "$top/answer" && ! grep -q AAaaBB "$top/answer"; }
no_oracle() { logs "$top/a.log" --grep 'AAaaBBbb' && [ ! -s "$top/answer" ]; }
no_controls() { logs "$top/a.log" && grep -q 'owned.*shown' "$top/answer" && ! grep -q $'[\033\007]' "$top/answer" && ! grep -q $'\342\200\256' "$top/answer"; }
json() { logs --jsonl "$top/b.log" && grep -q '^{"v":1,.*"text":"fourth"' "$top/answer"; }
refused() { local want=$1; shift; logs "$@"; [ $? = 1 ] && grep -q -- "$want" "$top/said"; }
mistyped() { logs "$top/b.log" --grep x --where 'x' "$@"; [ $? = 2 ]; }
says_of() { local want=$1; shift; mistyped "$@" && grep -qxF -- "botswain: $want" "$top/said" || { cat "$top/said"; false; }; }
own_words() {
	says_of "--where '(a and', at character 6: a word or value is missing at the end" --where '(a and' &&
		says_of "--grep 'pool (timeout', at character 13: missing closing parenthesis" --grep 'pool (timeout' &&
		says_of "--grep 'ж\"(b', at character 4: missing closing parenthesis" --grep 'ж"(b' &&
		says_of "--where 'a) or (b', at character 2: ')' without its '('" --where 'a) or (b' &&
		says_of "--where needs a filter, not ''" --where '' &&
		mistyped --level loud && grep -q "^botswain: --level 'loud', at character 1: 'loud' is no level" "$top/said"
}
absent() { refused "cannot read '$top/c.log': No such file" "$top/a.log" "$top/c.log"; }
fifo() { mkfifo "$top/fifo" && refused 'is no regular file' "$top/fifo" && refused 'is no regular file' "$top"; }
empty() { : >"$top/empty.log" && logs "$top/empty.log" && is ''; }
by_name() { cp "$top/b.log" "$top/-n" && (cd "$top" && "$build/botswain" logs -- -n >answer 2>said) && grep -q fourth "$top/answer"; }
last_of_many() {
	seq 1 400000 | sed 's/.*/2026-11-20T11:00:00Z INFO line & of a long file/' >"$top/long.log"
	logs -n 2 "$top/long.log" && [ "$(texts | tr '\n' ' ')" = 'line 399999 of a long file line 400000 of a long file ' ] || { texts; false; }
}
newest() { logs "$top/long.log" && [ "$(wc -l <"$top/answer")" = 1000 ] && grep -q 'these are the newest 1000 lines.*: -n all prints all of them$' "$top/said" || { cat "$top/said"; false; }; }
whole_line() { printf '{"level":"info","msg":"took it","chat":4711}\n' >"$top/chat.log" && logs --grep 'chat.:4711' "$top/chat.log" && [ "$(texts)" = 'took it' ]; }
too_slow() {
	for _ in $(seq 50); do printf '2026-11-20T11:00:00Z INFO %060d!\n' 0 | sed 's/00/aa/g'; done >"$top/slow.log"
	echo '2026-11-20T11:00:01Z INFO aaaa' >>"$top/slow.log"
	logs --grep '(a+)+$' "$top/slow.log" && [ "$(texts)" = aaaa ] && grep -q 'takes too long on 50 lines' "$top/said"
}
one_of_many() { logs --grep 'line 77777 ' "$top/long.log" && [ "$(texts)" = 'line 77777 of a long file' ] || { texts; false; }; }
all_of_many() { logs -n all "$top/long.log" && [ "$(wc -l <"$top/answer")" = 400000 ] && texts | cut -d' ' -f2 | sort -nc; }
has_grown() { grep -q 'I grown$' "$top/followed"; }
followed() {
	"$build/botswain" logs -f "$top/b.log" >"$top/followed" 2>"$top/said" & local follower=$!
	wait_until 10 grep -q fourth "$top/followed" && echo '2026-11-20T10:00:09Z INFO grown' >>"$top/b.log" && wait_until 10 has_grown
	local result=$?
	kill "$follower"; wait "$follower"
	return $result
}
piped() { logs - <"$top/b.log" && grep -q 'Z ada  *I fourth$' "$top/answer" && cat "$top/a.log" | logs --level error - && [ "$(wc -l <"$top/answer")" = 3 ] && [ "$(cut -d' ' -f2 "$top/answer" | sort -u)" = stdin ]; }
with_files() { printf '2026-11-20T10:00:00Z INFO zeroth\n' | logs - "$top/a.log" && [ "$(texts | head -1)" = zeroth ] && [ "$(texts | sed -n 2p)" = first ]; }
all_piped() { cat "$top/long.log" | logs -n all - && [ "$(wc -l <"$top/answer")" = 400000 ] && texts | cut -d' ' -f2 | sort -nc; }
until_end() { { echo one; echo two; printf 'no end'; } | logs -f - && [ "$(texts | tr '\n' ' ')" = 'one two no end ' ]; }
as_it_comes() {
	mkfifo "$top/in"
	"$build/botswain" logs -f - <"$top/in" >"$top/followed" 2>"$top/said" & local follower=$!
	exec 8>"$top/in"
	echo 'a first line' >&8; wait_until 10 grep -q 'a first line' "$top/followed" || return 1
	echo 'a second line' >&8; wait_until 10 grep -q 'a second line' "$top/followed" || return 1
	exec 8>&-
	wait "$follower" && [ "$(wc -l <"$top/followed")" = 2 ] && [ ! -s "$top/said" ]
}
late_end() { # a prompt is shown as it stands there, and what comes after it too
	mkfifo "$top/late"
	"$build/botswain" logs -f - <"$top/late" >"$top/followed" 2>"$top/said" & local follower=$!
	exec 8>"$top/late"
	printf 'name> ' >&8; wait_until 10 grep -q 'name>' "$top/followed" || return 1
	printf 'ada came late' >&8; exec 8>&-
	wait "$follower" && grep -q 'ada came late' "$top/followed"
}
flood_is_whole() { # its reader begins when all is written, which is more than the memory for events
	{ seq 120000 | sed "s/$/ $(head -c 900 /dev/zero | tr '\0' x)/"; : >"$top/written"; } | "$build/botswain" logs -f - 2>"$top/said" |
		{ wait_until 30 test -e "$top/written"; cat >"$top/answer"; }
	[ "$(wc -l <"$top/answer")" = 120000 ] && texts | cut -d' ' -f1 | sort -nc && [ ! -s "$top/said" ]
}
between() {
	logs --since 2026-11-20T10:00:02Z --until 2026-11-20T10:00:04Z "$top/a.log" "$top/b.log" && [ "$(texts | cut -d' ' -f1 | tr '\n' ' ')" = 'second, third Traceback File ' ]
}
fields() { # of each form, as numbers and spans, and not in a secret
	{
		printf '{"time":"2026-11-20T10:00:0%dZ","level":"info","msg":"json","chat":42,"ms":%d00,"req":{"id":"r%d"}}\n' 1 5 1 2 6 2
		printf 'time=2026-11-20T10:00:0%dZ level=info msg=logfmt chat=42 took=%dms\n' 3 500 4 600
		printf '2026-11-20T10:00:05Z INFO text (chat=42, ms=700)\n2026-11-20T10:00:06Z INFO pay chat=421 password=hunter2000 ms=9\n'
	} >"$top/fields.log"
	local filter wanted
	while IFS='|' read -r filter wanted; do
		logs --where "$filter" "$top/fields.log" && [ "$(texts | cut -d' ' -f1 | tr '\n' ' ')" = "$wanted" ] || { echo "$filter: $(texts)"; return 1; }
	done <<-'END'
		chat=42 and ms>500|json text 
		chat=42|json json logfmt logfmt text 
		chat=42*|json json logfmt logfmt text pay 
		took>0.55s|logfmt 
		req.id=r1|json 
		req.id!=r1|json 
		ms<10 or took<501|logfmt pay 
		not chat=42|pay 
		password=hunter2*|
		password~hunter|
		password=*|pay 
	END
}
document() { logs --json "$top/a.log" "$top/b.log" && python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
assert d["v"] == 1 and len(d["logs"]) == 9 and d["logs"][5]["text"] == "fourth" and json.loads(d["logs"][5]["line"])["bot"] == "ada", d' "$top/answer"; }
no_lines_document() { logs --json --grep nothing_such "$top/a.log" && python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))["logs"] == []' "$top/answer"; }
no_endless_document() { logs -f --json "$top/a.log"; [ $? = 2 ] && grep -q 'follow with --jsonl' "$top/said"; }
odd_names() { cp "$top/b.log" "$top/[a]*?.log" && cp "$top/b.log" "$top/aXY.log" && logs "$top/[a]*?.log" && [ "$(grep -c fourth "$top/answer")" = 1 ] && cp "$top/b.log" "$top/b\\[c.log" && logs "$top/b\\[c.log" && [ "$(grep -c fourth "$top/answer")" = 1 ]; }
bounded_memory() { # of all lines and of the newest ones that are too many to be held
	for lines in all 350000; do
		python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
sys.exit(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 40000)' "$build/botswain" logs -n "$lines" "$top/long.log" >"$top/answer" || return 1
	done
	[ "$(wc -l <"$top/answer")" = 350000 ] && [ "$(texts | head -1)" = 'line 50001 of a long file' ]
}
pack() { # the log of four files, of which two are packed
	seq 1 30000 | sed 's/.*/2026-11-20T09:00:00Z INFO n & of it/' | gzip >"$top/p.log.3.gz"
	if command -v zstd >/dev/null; then seq 30001 60000 | sed 's/.*/2026-11-20T10:00:00Z INFO n & of it/' | zstd -q >"$top/p.log.2.zst"
	else seq 30001 60000 | sed 's/.*/2026-11-20T10:00:00Z INFO n & of it/' | gzip >"$top/p.log.2.gz"; fi
	seq 60001 61000 | sed 's/.*/2026-11-20T11:00:00Z INFO n & of it/' >"$top/p.log.1"
	seq 61001 62000 | sed 's/.*/2026-11-20T12:00:00Z INFO n & of it/' >"$top/p.log"
	local hour=9 file; for file in "$top"/p.log.3* "$top"/p.log.2* "$top/p.log.1"; do touch -d "2026-11-20T$hour:30:00Z" "$file"; hour=$((hour + 1)); done
}
numbers() { texts | cut -d' ' -f2; }
whole_history() { pack && logs -n all "$top/p.log" && [ "$(wc -l <"$top/answer")" = 62000 ] && numbers | sort -nc; }
found_in_packed() { logs --grep 'n 40000 ' "$top/p.log" && [ "$(numbers)" = 40000 ]; }
packed_alone() { logs -n 1 "$top/p.log.3.gz" && [ "$(numbers)" = 30000 ] && logs -n 1 - <"$top/p.log.3.gz" && [ "$(numbers)" = 30000 ] && logs -n 2 "$top/p.log.3.gz" "$top/p.log.1" && [ "$(numbers | tail -1)" = 61000 ]; }
packed_and_cut() { head -c 20000 "$top/p.log.3.gz" >"$top/cut.gz" && logs -n all "$top/cut.gz" && [ "$(grep -c ' I n [0-9]* of it$' "$top/answer")" -gt 1000 ] && grep -q 'W .*cut.gz. can be shown, not all: the packed file ends before its end$' "$top/answer"; }
packed_of_configuration() { # within its budget
	printf 'state_dir: %s/none\nevents: {unpacked: %s, read_back: 1m}\nlogs: [{name: p, path: %s/p.log}]\n' "$top" "$1" "$top" >"$top/p.yaml"
	"$build/botswain" -c "$top/p.yaml" logs -n all >"$top/answer" 2>"$top/said"
	local lines; lines=$(grep -c ' I n [0-9]* of it$' "$top/answer")
	[ "$lines" -ge "$2" ] && [ "$lines" -le "$3" ]
}
budget_is_said() { packed_of_configuration 500KiB 2000 32000 && grep -q 'W .*p.log.* can be shown, not all: it is larger than events: unpacked allows$' "$top/answer"; }
large_pipe() { seq 80000 | sed "s/.*/2026-11-20T11:00:00Z INFO & $(head -c 900 /dev/zero | tr '\0' x)/" | logs -n all --grep 'xxx$' - && [ "$(wc -l <"$top/answer")" = 80000 ]; }
on_screen() { # SCRIPT FILE...: a screen in memory
	printf '%s\n' "$1" >"$top/screen.script"; shift
	"$build/botswain" --script "$top/screen.script" -- "$@" >"$top/answer" 2>"$top/said"
}
screen_on_files() { on_screen $'wait-for fourth\nexpect third\nexpect 5 Logs\nexpect-not no bot yet\nkey 1\nexpect no bot yet' "$top/a.log" "$top/b.log"; }
screen_stays() { on_screen $'wait-for fourth\nkey ?\nwait-for Help\nkey Esc\nkey Esc\nkey Esc\nexpect fourth\nexpect-not 1 Bots' "$top/a.log" "$top/b.log"; }
only_their_lines() { on_screen $'wait-for fourth\nexpect-not attached' "$top/a.log" "$top/b.log"; }
screen_on_pipe() { on_screen $'wait-for fourth\nexpect grown' - <"$top/b.log" && { echo piped; cat "$top/b.log"; } | on_screen $'wait-for fourth\nexpect piped' -; }
screen_refused() { on_screen 'wait-for x' "$top/nothing.log"; [ $? = 1 ] && grep -q "cannot read '$top/nothing.log'" "$top/said"; }
interrupted() { # as Ctrl-C does it: a shell keeps that from what it runs in the background
	python3 -c 'import os, signal, subprocess, sys, time
def fields(pid): # state, parent ...
    try: return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    except OSError: return ["Z", ""]
follower = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
while b"fourth" not in follower.stdout.readline(): pass
engines = [p for p in os.listdir("/proc") if p.isdigit() and fields(p)[1] == str(follower.pid)]
follower.send_signal(signal.SIGINT)
assert follower.wait(5) == -signal.SIGINT and len(engines) == 1, (follower.returncode, engines)
until = time.monotonic() + 10
while fields(engines[0])[0] != "Z":
    assert time.monotonic() < until, "its engine stays"
    time.sleep(0.02)' "$build/botswain" logs -f "$top/b.log"
}
reader_leaves() { "$build/botswain" logs -n all "$top/long.log" 2>"$top/said" | head -1 >"$top/answer"; [ "${PIPESTATUS[0]}" = 0 ] && [ ! -s "$top/said" ]; }

check 'lines stand in the order of time, late ones too, those of all files together' in_order
check 'those of one bot' of_a_bot
check 'an error and what goes on from it' errors
check 'a token in a file is not shown' no_secret
check 'and cannot be guessed by a filter' no_oracle
check 'nothing of a line does anything to the terminal' no_controls
check 'as JSON' json
check 'a mistake in a filter is told in the words of its own option' own_words
check 'a file that is not there is named' absent
check 'what is no file is refused, and not waited for' fifo
check 'an empty one has no lines' empty
check 'a file may be called like an option' by_name
check 'the last lines of a long one' last_of_many
check 'of one with more lines it is said how all are printed, without a word of an engine' newest
check 'a pattern is looked for in all of a line' whole_line
check 'a pattern that would take for ever is given up, and that is said' too_slow
check 'one line of a long one' one_of_many
check 'all lines of a long one, once each and in order' all_of_many
check 'what is written later is followed' followed
check 'standard input, whether it is a file or a pipe' piped
check 'among files' with_files
check 'all of a long pipe' all_piped
check 'a pipe is followed to its end, and to a line without one' until_end
check 'its lines are there as they come' as_it_comes
check 'what comes after a line that had no end is there too' late_end
check 'however fast: nothing is missing' flood_is_whole
check 'what is between two times' between
check 'lines are found by any of their fields' fields
check 'one JSON document, with all fields' document
check 'also of no lines' no_lines_document
check 'but none without end' no_endless_document
check 'a name with the signs of a pattern is that of one file' odd_names
check 'many lines are printed as they come, and not held' bounded_memory
check 'what a log was rotated to and packed is part of it' whole_history
check 'and searched' found_in_packed
check 'a packed one by itself, by name or piped' packed_alone
check 'of one that is cut what is good is shown, and that it is not all is said' packed_and_cut
check 'that of a configuration too' packed_of_configuration 64MiB 62000 62000
check 'within a budget, and what is beyond is said' budget_is_said
check 'a pipe of more bytes than are kept of a deleted file' large_pipe
check 'a screen on files, without a configuration' screen_on_files
check 'with nothing left to close Esc leaves them there' screen_stays
check 'their lines alone: none of ours is among them' only_their_lines
check 'on standard input' screen_on_pipe
check 'but not on what is not there' screen_refused
check 'Ctrl-C ends it, and its engine' interrupted
check 'a reader that leaves ends it without a word' reader_leaves
tap_end
