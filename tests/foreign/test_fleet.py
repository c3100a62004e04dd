#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The demo fleet with its users, and an engine that watches it: all that they and the Bot API server say to each other is as the
specification has it, and the engine asks nothing but getMe and getWebhookInfo."""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import tap
import validate
import world

SECONDS_OF_LIFE = 60  # at most
ASKED_OFTEN = 30      # so many answers of getWebhookInfo were given to the engine


class Fleet:
    def __init__(self, top):
        self.dir = pathlib.Path(top) / 'f'
        self.exchange, self.engine = self.dir / 'exchange.jsonl', None
        self.env = {**os.environ, 'BUILD': str(world.BUILD), 'EXCHANGE': '1', 'TROUBLE': '0', 'BOTS': '12'}

    def run(self, script, *args):
        with tempfile.TemporaryFile('w+') as out:  # no pipe: what the fleet starts would hold it open
            done = subprocess.run([world.ROOT / 'tests' / 'fleet' / script, *args], env=self.env, stdin=subprocess.DEVNULL,
                                  stdout=out, stderr=subprocess.STDOUT, timeout=120)
            out.seek(0)
            assert done.returncode == 0, out.read()

    def up(self):
        self.run('up', str(self.dir))
        self.engine = world.Process('engine', [world.BUILD / 'botswain', '-c', self.dir / 'botswain.yaml', 'serve'],
                                    self.dir / 'engine.log')

    def down(self):
        if self.engine:
            self.engine.stop()
        self.run('down', str(self.dir))

    def control(self, route, **body):
        port = int((self.dir / 'run' / 'control.port').read_text())
        status, answer = world.request(port, f'/control/{route}', body)
        assert status == 200, answer

    def entries(self):
        with open(self.exchange, encoding='utf-8') as lines:
            return [json.loads(line) for line in lines if line.endswith('\n')]

    def heard(self):
        """(who, method, status) -> how often."""
        return collections.Counter((validate.peer(entry), entry['method'], entry['status']) for entry in self.entries())


def lives(fleet):
    """Users talk, a proxy fails, a bot is flooded, a token is revoked: the engine meets all of it."""
    fleet.control('play', bot='orders', count=20)
    fleet.control('play', bot='parcels', count=20)
    fleet.control('fault', bot='orders', kind='html', peer='console', method='getWebhookInfo', count=2)
    fleet.control('fault', bot='moderation', kind='status', status=429, retry_after=2, peer='console',
                  method='getWebhookInfo', count=1)
    fleet.control('fault', bot='parcels', kind='truncate', method='getWebhookInfo', count=1)
    fleet.control('revoke', bot='news-de')

    def enough():
        heard = fleet.heard()
        wanted = (('console', 'getMe', 200), ('console', 'getWebhookInfo', 502), ('console', 'getWebhookInfo', 429),
                  ('bot', 'getUpdates', 200), ('bot', 'sendMessage', 200), ('bot', 'setWebhook', 200), ('console', 'getMe', 401))
        return heard[('console', 'getWebhookInfo', 200)] >= ASKED_OFTEN and all(
            any(key[0] == who and key[1] == method and key[2] == status for key in heard) for who, method, status in wanted)

    try:
        tap.wait_until(SECONDS_OF_LIFE, enough, every=0.5)
    except AssertionError:
        raise AssertionError(f'{SECONDS_OF_LIFE} s were too few: {dict(fleet.heard())}') from None
    assert fleet.engine.status() is None, fleet.engine.text()


def is_faithful(fleet):
    validator = validate.Validator(world.corpus())
    count, found = validator.file(fleet.exchange, whole=False)
    print(f'# {count} requests, results of {", ".join(sorted(validator.seen))}')
    assert count > ASKED_OFTEN and not found, dict(found)


def asks_two_things(fleet):
    asked = {(entry['method'], json.dumps(entry['params'])) for entry in fleet.entries() if validate.peer(entry) == 'console'}
    assert asked == {('getMe', '{}'), ('getWebhookInfo', '{}')}, asked


def main():
    out = tap.Tap('the demo fleet: ')
    with tempfile.TemporaryDirectory(prefix='botswain-foreign.', dir='/tmp') as top:
        pathlib.Path(top).chmod(0o711)  # the way for PostgreSQL's user
        fleet = Fleet(top)
        try:
            if out.check('it comes up, with an engine that watches it', fleet.up) and out.check(
                    'its users talk, and the engine meets 401, 429, 502 and a broken answer', lives, fleet):
                out.check('every request and answer is as the specification has it', is_faithful, fleet)
                out.check('the engine asks nothing but getMe and getWebhookInfo, without a parameter', asks_two_things, fleet)
        finally:
            out.check('it goes down', fleet.down)
    return out.end()


sys.exit(main())
