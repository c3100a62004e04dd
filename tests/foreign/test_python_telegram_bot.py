#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A bot on python-telegram-bot 13 (Debian's package) against the fleet's Bot API server."""
import subprocess
import sys

import scenario
import tap
import world

PYTHON = '/usr/bin/python3'  # Debian's, which knows Debian's packages
PYTHON_TELEGRAM_BOT = scenario.Framework(
    'python-telegram-bot', 'python-telegram-bot', [PYTHON, world.HERE / 'bots' / 'python_telegram_bot.py'],
    at_conflict='goes on', at_401='goes on', at_429='waits', at_502_s=(0.9, 4), checks_secret=False)


def is_here():
    try:
        known = subprocess.run([PYTHON, '-c', 'import telegram.ext'], capture_output=True).returncode == 0
    except OSError:
        known = False
    if not known:
        raise tap.Missing('python3-python-telegram-bot is missing: make check-foreign installs it on Debian')


sys.exit(scenario.run(PYTHON_TELEGRAM_BOT, is_here))
