#!/bin/bash
# SPDX-License-Identifier: MIT
# What tests/fuzz/run takes for slow: a target of ours says as libFuzzer does that an input took too long. Prints TAP.
set -uo pipefail
here=$(dirname -- "$(realpath -- "$0")")
. "$here/../support/tap.sh"
tap_begin fuzz
mkdir -p "$top/tests/fuzz/corpus/fake" "$top/docs" "$top/build/fuzz/fuzz"
cp "$here/run" "$top/tests/fuzz/run"
printf '# A page\n\n| target |\n|---|\n' >"$top/docs/fuzzing.md"

# The first time it stops at an input, then it goes on. Alone with the input it takes what that says of the processor, or dies.
cat >"$top/build/fuzz/fuzz/fuzz_fake" <<'END_OF_TARGET'
#!/bin/bash
for last; do :; done
if [ -f "$last" ]; then
	case $(cat "$last") in
	slow) exec python3 -c 'import time
while time.process_time() < 1.2: pass' ;;
	dies) exit 77 ;;
	esac
	exit 0
fi
if [ ! -e been ]; then
	touch been
	cp input build/fuzz/found/fake-timeout-1
	echo '==1== ERROR: libFuzzer: timeout after 1 seconds' >&2
	echo "artifact_prefix='x'; Test unit written to build/fuzz/found/fake-timeout-1" >&2
	exit 70
fi
echo '#10 NEW cov: 3 ft: 4 corp: 1/1b' >&2
echo 'Done 10 runs in 1 second(s)' >&2
END_OF_TARGET
chmod +x "$top/build/fuzz/fuzz/fuzz_fake"

# fuzz INPUT: runs it from the start with such an input; what it says is in $top/said
fuzz() {
	rm -rf "$top/been" "$top/build/fuzz/found"
	echo "$1" >"$top/input"
	FUZZ_TIME=2 BUILD=build/fuzz "$top/tests/fuzz/run" fake >"$top/said" 2>&1
}
goes_on() { fuzz quick && grep -q '^ok   fake: .* 0 findings' "$top/said" && [ ! -e "$top/build/fuzz/found/fake-timeout-1" ]; }
is_finding() { ! fuzz "$1" && grep -q '^FAIL fake: .*timeout' "$top/said" && [ -e "$top/build/fuzz/found/fake-timeout-1" ]; }

check 'an input that only a busy machine made late is none' goes_on
check 'the page says nothing of it' sh -c "! grep -q fake '$top/docs/fuzzing.md'"
check 'one that takes its second of the processor is a finding' is_finding slow
check 'and so is one that ends it' is_finding dies
check 'the page says so' grep -q '^| fake | .* a finding on' "$top/docs/fuzzing.md"
tap_end
