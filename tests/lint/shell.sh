#!/bin/sh
# SPDX-License-Identifier: MIT
# Every script of the project, with what it sources, under shellcheck: no error and no warning.
set -u
cd "$(dirname "$0")/../.." || exit 2
command -v shellcheck >/dev/null || { echo 'shellcheck is missing: make deps DEPS=lint'; exit 1; }
# shellcheck disable=SC2046 # no name has a space
exec shellcheck -x -P . -P SCRIPTDIR -S warning $(git ls-files | xargs grep -lE '^#!/(usr/)?bin/(env )?(ba)?sh$')
