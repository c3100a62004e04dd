#!/bin/bash
# SPDX-License-Identifier: MIT
# Random queries over random series: what a real Prometheus answers is what botswain says, too. Prints TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(realpath -- "${BOTSWAIN_BUILD:-build}")
. tests/support/tap.sh
command -v prometheus >/dev/null && command -v promtool >/dev/null || tap_skip_all 'the same as Prometheus' 'no prometheus: apt install prometheus'
tap_begin promqltest-prometheus

agrees() { # SEED COUNT
	tests/promqltest/against_prometheus.py "$top/$1" "$1" "$2" || return 1
	"$build/botswain" promqltest "$top/$1/seed-$1.test" >"$top/said" || return 1
	[ "$(sed -n '$s/ passed, 0 failed, 0 not supported//p' "$top/said")" -ge $(($2 * 9 / 10)) ]
}
for seed in 11 12 13; do
	check "500 random queries yield what Prometheus answers (seed $seed)" agrees $seed 500
done
tap_end
