#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A bot on grammY (npm) against the fleet's Bot API server."""
import sys

import scenario
import world

sys.exit(scenario.run(scenario.Framework('grammY', 'grammy', ['node', world.HERE / 'bots' / 'grammy.js'])))
