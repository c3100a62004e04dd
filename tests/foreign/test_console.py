#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The console's own client against a Bot API server of somebody else: telegram-test-api (npm). That one answers getMe without
is_bot, and getWebhookInfo, which it does not know, with HTTP 500 and a document without `ok`."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import tap
import world

TOKEN = f'7300000001:{world.SECRET}'
UNHEALTHY, UNKNOWN = 3, 4  # exit statuses: something is wrong; not everything was reached
ASKED = re.compile(r'"user-agent":"botswain/[^"]*".*"method":"([A-Z]+)".*"url":"/bot[^/"]+/([^"]*)"')


class Scene:
    def __init__(self, top):
        self.top, self.port = pathlib.Path(top), world.free_port()
        self.config = self.top / 'botswain.yaml'
        token = self.top / 'token'
        token.write_text(TOKEN + '\n')
        token.chmod(0o600)
        self.config.write_text(f'environment: other\nstate_dir: {top}/state\nbots:\n  shop: {{token: {{file: {token}}}, heartbeat: none}}\n'
                               f'telegram: {{api: "http://127.0.0.1:{self.port}", interval: 500ms}}\n')
        self.server = world.Process('server', ['node', world.HERE / 'bots' / 'test_api.js'], self.top / 'server.log', {
            'NODE_PATH': str(world.MODULES), 'TEST_API_PORT': str(self.port), 'DEBUG': 'TelegramServer:*'})
        self.said = ''

    def console(self, *args):
        """(exit status, standard output) of a command; all that it says is kept."""
        done = subprocess.run([world.BUILD / 'botswain', '-c', self.config, *args], capture_output=True, text=True, timeout=30,
                              env={**os.environ, 'HOME': str(self.top)})
        self.said += done.stdout + done.stderr
        return done.returncode, done.stdout

    def bot(self):
        status, text = self.console('bots', '--json', '--wait', '5s')
        assert status == UNKNOWN, (status, self.said)
        document = json.loads(text)
        assert [bot['name'] for bot in document['bots']] == ['shop'], document
        return document['bots'][0]


def is_another_server(scene):
    """What the checks below rest on."""
    tap.wait_until(60, lambda: any('started' in said for said in scene.server.said()))
    status, answer = world.request(scene.port, f'/bot{TOKEN}/getMe', {})
    assert status == 200 and answer['ok'] is True and 'is_bot' not in answer['result'], answer
    status, answer = world.request(scene.port, f'/bot{TOKEN}/getWebhookInfo', {})
    assert status == 500 and 'ok' not in answer and 'getWebhookInfo' in answer['message'], answer


def reads_get_me(scene):
    bot = scene.bot()
    assert (bot['tg_id'], bot['username']) == (666, 'TestNameBot'), bot


def does_not_invent(scene):
    """No answer is not nought: nothing is known of a backlog, and the bot is neither well nor down."""
    bot = scene.bot()
    assert (bot['state'], bot['tg_state'], bot['pending']) == ('unknown', 'unreachable', -1), bot
    assert bot['tg_error'].startswith('500, but not from the Bot API: ') and 'message' in bot['tg_error'], bot
    assert bot['why'] == 'API unreachable: 500, but not from the Bot API', bot


def shows_it_in_the_list(scene):
    status, text = scene.console('bots')
    row = text.splitlines()[1].split()
    assert status == UNKNOWN and row[:3] == ['?', 'shop', 'unknown'] and '500, but not from the Bot API' in text, text


def shows_the_source(scene):
    def shown():  # getMe alone, which is answered, may be all that was heard when it is asked
        status, text = scene.console('sources')
        return status == UNHEALTHY and 'unreachable' in text and '500, but not from the Bot API' in text

    tap.wait_until(60, shown)


def asks_nothing_else(scene):
    """What the other server heard from the console."""
    heard = set(ASKED.findall(scene.server.text()))
    assert heard == {('GET', 'getMe'), ('GET', 'getWebhookInfo')}, heard


def shows_no_token(scene):
    assert 'shop' in scene.said and world.SECRET not in scene.said and '7300000001:' not in scene.said


def shows_that_it_is_gone(scene):
    scene.server.stop()
    bot = scene.bot()
    assert (bot['state'], bot['why']) == ('unknown', 'API unreachable: connection refused'), bot


def main():
    out = tap.Tap('the console at telegram-test-api: ')
    try:
        world.modules('telegram-test-api')
    except tap.Missing as missing:
        out.skip("the console's client runs against a server of others", missing)
        return out.end()
    with tempfile.TemporaryDirectory(prefix='botswain-foreign.') as top:
        scene = Scene(top)
        try:
            for title, check in (
                    ('that one answers in its own way', is_another_server),
                    ('a getMe without is_bot is read', reads_get_me),
                    ('a 500 without ok is unknown, and named', does_not_invent),
                    ('the list of bots says so', shows_it_in_the_list),
                    ('the list of sources says so', shows_the_source),
                    ('nothing but getMe and getWebhookInfo is asked', asks_nothing_else),
                    ('a server that is gone is told from one that answers badly', shows_that_it_is_gone),
                    ('the token is never shown', shows_no_token)):
                out.check(title, check, scene)
        finally:
            scene.server.stop()
    return out.end()


sys.exit(main())
