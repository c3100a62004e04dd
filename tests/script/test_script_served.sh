#!/bin/bash
# SPDX-License-Identifier: MIT
# The same scripts attached to an engine that is served. TAP.
SCRIPT_MODE=served exec "$(dirname "$0")/test_script.sh"
