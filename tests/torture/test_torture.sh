#!/bin/bash
# SPDX-License-Identifier: MIT
# The short form of make check-torture: some calls, drawn from SEED, fail on a small real fleet; and those whose failure once did
# harm. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/fleet/lib.sh
. tests/support/tap.sh
tap_begin
fleet=$top/f
leave() { BUILD=$build tests/fleet/down "$fleet" >/dev/null 2>&1; }
seed=${SEED:-1}

case $build in */asan | */tsan) tap_skip_all 'calls that fail' 'the sanitizers have an allocator of their own' ;; esac

starts() { BOTS=2 TROUBLE=0 BUILD=$build tests/fleet/up "$fleet"; }
sample() { SEED=$seed TORTURE_RUNS=16 "$build/tests/torture" "$fleet" "$build"; }
plays() { "$build/tests/torture" "$fleet" "$build" "$@"; }
# What fails is met: a number that is never reached would prove nothing.
meets() { plays "$@" && ! grep -q 'not met' "$top/out"; }

check 'a small fleet is up' starts
check "calls that fail, drawn with SEED=$seed, are borne, refused in words or the clean end for want of memory" sample
check 'a screen whose terminal refuses a frame once, has no room for frames, or no memory, says so and leaves the terminal right' \
	meets 'screen tty error=5 at=6' 'screen file error=28 at=3 on' 'screen memory error=12 at=3000'
tap_end
