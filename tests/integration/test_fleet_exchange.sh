#!/bin/bash
# SPDX-License-Identifier: MIT
# What the Bot API server writes down with --exchange (tests/fleet/botapi/exchange.c), and the forms that it reads
# (tests/fleet/common/multipart.c, tests/fleet/common/serve.c).
set -uo pipefail
here=$(dirname -- "$(realpath -- "$0")")
. "$here/../fleet/lib.sh"
. "$here/../support/tap.sh"
build=$(realpath -- "${BOTSWAIN_BUILD:-$here/../../build}")
tap_begin exchange
secret=AAcanary0canary0canary0canary0canary token="" server=''
token=7100000001:$secret
leave() { [ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; }; }

printf '{"name":"shop","token":"%s"}\n' "$token" >"$top/bots.jsonl"
"$build/fleet/botapi" --dir "$top" --bots "$top/bots.jsonl" --exchange "$top/exchange.jsonl" >"$top/said" 2>&1 &
server=$!
wait_until 10 test -s "$top/botapi.port" || bail 'the Bot API server does not start'
api=http://127.0.0.1:$(<"$top/botapi.port")/bot$token control=http://127.0.0.1:$(<"$top/control.port")/control

ask() { # METHOD CURL-ARGUMENT...
	local method=$1; shift
	curl -sS --max-time 5 "$@" "$api/$method" >"$top/answer" 2>"$top/error"
}
# wrote TEXT...: the last line has each of them; `!TEXT`: not
wrote() {
	local line text; line=$(tail -n 1 "$top/exchange.jsonl")
	for text in "$@"; do
		case $text in
		!*) [[ $line != *"${text:1}"* ]] ;;
		*) [[ $line == *"$text"* ]] ;;
		esac || { printf '%s: %s\n' "$text" "$line"; return 1; }
	done
}
has_line() { grep -q "$1" "$top/exchange.jsonl"; }
form() { printf '%b' "$1" >"$top/form"; shift; ask sendDocument -H "Content-Type: multipart/form-data; boundary=${1-limit}" --data-binary "@$top/form"; }

curl -sS "$control/play" -d '{"bot":"shop","count":1,"chat":9,"text":"hi"}' >"$top/answer"

ask sendMessage -H 'Content-Type: application/json' -d '{"chat_id":9,"text":"hello","disable_notification":true}'
check 'values of JSON keep their types' wrote '"params":{"chat_id":9,"text":"hello","disable_notification":true}'
check 'the answer is there with its status' wrote '"status":200,"answer":{"ok":true,"result":{' '"text":"hello"' '!"how"' '!"text":"{'
check 'who asked what is there' wrote '{"at":' '"answered":' '"bot":7100000001,"method":"sendMessage","agent":"curl/' '"sent":"json"'
ask sendMessage -d chat_id=9 --data-urlencode 'text=a=b&c ä'
check 'those of a form are text' wrote '"sent":"form","params":{"chat_id":"9","text":"a=b&c ä"}'
ask 'getUpdates?timeout=0&offset=-1'
check 'those of a query too' wrote '"sent":"query","params":{"timeout":"0","offset":"-1"}'

uploaded='"sent":"multipart","params":{"chat_id":"9","document":' good='"answer":{"ok":true'
form '--limit\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n9\r\n--limit\r\nContent-Disposition: form-data; name="document"; filename="a \\"b\\".txt"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--limi\r\n--limit--\r\n'
check 'a file comes as browsers send it' wrote "$uploaded"'{"file":"a \"b\".txt","bytes":13}}' "$good"
form '--limit\r\ncontent-disposition:form-data;name="chat_id"\r\n\r\n9\r\n--limit\r\ncontent-disposition:form-data;name="document";filename=r.txt\r\ncontent-type:application/octet-stream\r\n\r\nhello\r\n--limit--'
check 'and as those who leave out every blank and quote' wrote "$uploaded"'{"file":"r.txt","bytes":5}}' "$good"
form 'preamble\r\n--limit \r\nX-Other: 1\r\nContent-Disposition: form-data; name=chat_id\r\n\r\n9\r\n--limit\r\nContent-Disposition: form-data; name="document"; filename="r"\r\n\r\n\0x\0\r\n--limit--\r\nepilogue' '"limit"'
check 'behind a preamble, with other headers and bytes of any kind' wrote "$uploaded"'{"file":"r","bytes":3}}' "$good"
form '--limit\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n9\r\n--limit\r\nContent-Disposition: form-data; name="document"; filename="r"\r\n\r\nbroken o'
check 'a part that breaks off is none' wrote '"params":{"chat_id":"9"},"status":400'
form 'no form at all' ''
check 'a body without a boundary is none' wrote '"params":{},"status":400'

ask setWebhook -d "url=http://127.0.0.1:9/bot$token" -d secret_token=canary-of-the-webhook
check 'a token in a parameter is redacted' wrote "$good" '"url":"http://127.0.0.1:9/bot7100000001:' '!canary0'
ask getWebhookInfo
check 'and one in an answer' wrote '"result":{"url":"http://127.0.0.1:9/bot7100000001:' '!canary0'
check 'no secret is in the file' eval '! grep -q canary "$top/exchange.jsonl"'
deletes_webhook() { ask deleteWebhook && wrote '"status":200'; } # the server takes one a second
check 'the webhook is deleted' wait_until 10 deletes_webhook

fault() { curl -sS "$control/fault" -d "{\"bot\":\"shop\",\"count\":1,$1}" >/dev/null; }
fault '"kind":"status","status":429,"retry_after":7'; ask getMe
check 'a flood has the header as well' wrote '"status":429,"retry_after":7' '"parameters":{"retry_after":7}'
fault '"kind":"html"'; ask getMe
check 'what is no JSON is there as text' wrote '"status":502,"text":"<html>' '!"answer":'
fault '"kind":"truncate"'; ask getMe
check 'an answer that is cut is there whole, and called so' wrote '"how":"truncated"' "$good"
fault '"kind":"reset"'; ask getMe
check 'a reset is called so' wrote '"how":"reset"'
# Who asks for less than he said and goes.
leaves_early() {
	exec 3<>"/dev/tcp/127.0.0.1/$(<"$top/botapi.port")"
	printf 'POST /bot%s/getMe HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nname=x' "$token" >&3
	exec 3>&-
	has_line '"method":"getMe",.*"status":0}'
}
check 'a client who leaves before he has asked is there too' wait_until 10 leaves_early
tap_end
