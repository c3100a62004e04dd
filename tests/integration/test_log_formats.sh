#!/bin/sh
# SPDX-License-Identifier: MIT
# What is understood of the lines that other programs really write: tests/formats/run.py. Prints TAP.
cd "$(dirname "$0")/../.." || exit 2
command -v python3 >/dev/null || { echo '1..0 # SKIP there is no python3'; exit 0; }
exec python3 tests/formats/run.py "${BOTSWAIN_BUILD:-build}"
