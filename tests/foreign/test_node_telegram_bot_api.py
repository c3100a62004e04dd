#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A bot on node-telegram-bot-api (npm) against the fleet's Bot API server."""
import sys

import scenario
import world

NODE_TELEGRAM_BOT_API = scenario.Framework(
    'node-telegram-bot-api', 'node-telegram-bot-api', ['node', world.HERE / 'bots' / 'node_telegram_bot_api.js'],
    at_conflict='deletes the webhook and goes on', at_401='goes on', at_429='goes on', at_502_s=(0.2, 2.9), checks_secret=False,
    deviations={'setWebhook request: url is missing': 'its way to delete a webhook at 409; the server takes it so'})

sys.exit(scenario.run(NODE_TELEGRAM_BOT_API, lambda: world.modules('node-telegram-bot-api')))
