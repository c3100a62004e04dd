#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A bot on Telegraf (npm) against the fleet's Bot API server."""
import sys

import scenario
import world

TELEGRAF = scenario.Framework(
    'Telegraf', 'telegraf', ['node', world.HERE / 'bots' / 'telegraf.js'],
    at_conflict='exits', at_401='exits', at_429='waits', at_502_s=(5, 9), checks_secret=True,
    deviations={'sendDocument request: method is not declared': 'its forms carry the name of the method as well'})

sys.exit(scenario.run(TELEGRAF, lambda: world.modules('telegraf')))
