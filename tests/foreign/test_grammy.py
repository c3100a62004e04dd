#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A bot on grammY (npm) against the fleet's Bot API server."""
import sys

import scenario
import world

GRAMMY = scenario.Framework(
    'grammY', 'grammy', ['node', world.HERE / 'bots' / 'grammy.js'],
    at_conflict='exits', at_401='exits', at_429='waits', at_502_s=(3, 7), checks_secret=True)

sys.exit(scenario.run(GRAMMY, lambda: world.modules('grammy')))
