# SPDX-License-Identifier: MIT
"""What every framework is put through, and what may differ between them."""
import tap
import validate
import world

CHAT = 5001


class Framework:
    """The facts of one: its name, how its bot is started, and what it calls itself in its answers."""

    def __init__(self, title, package, command):
        self.title, self.package, self.command = title, package, command


class Play:
    """One bot of the framework on a server of its own, and the user who talks to it."""

    def __init__(self, framework, here):
        self.framework, self.here = framework, here
        self.name = framework.package
        self.token = here.new_bot(self.name)
        self.bot = None

    def start(self, **env):
        self.bot = self.here.run(f'bot-{len(self.here.processes)}', self.framework.command, {
            'NODE_PATH': str(world.MODULES), 'BOT_API': self.here.api, 'BOT_TOKEN': self.token, **env})
        tap.wait_until(20, self.is_started)

    def is_started(self):
        assert self.bot.status() is None, self.bot.text()
        return any('started' in said for said in self.bot.said())

    def says(self, text, chat=CHAT):
        self.here.control('play', bot=self.name, count=1, chat=chat, text=text)

    def sent(self):
        return self.here.control('bot', bot=self.name)['sent']

    def was_told(self, text):
        return any(message.get('text') == text for message in self.sent())

    # ---- the checks ----

    def answers_a_command(self):
        self.says('/start')
        tap.wait_until(10, self.was_told, f'hello from {self.framework.title}')


def is_faithful(here):
    """Every request and answer so far is as the specification has it."""
    validator = validate.Validator(world.corpus())
    count, found = validator.file(here.exchange_file)
    assert count and not found, dict(found)


def run(framework):
    out = tap.Tap(f'{framework.title}: ')
    try:
        if framework.command[0] == 'node':
            world.modules(framework.package)
    except tap.Missing as missing:
        out.skip('its bot runs against the fleet\'s Bot API server', missing)
        return out.end()
    with world.World() as here:
        play = Play(framework, here)
        if out.check('its bot starts', play.start):
            out.check('a command is answered', play.answers_a_command)
        here.stop_all()
        out.check('every request and answer is as the specification has it', is_faithful, here)
    return out.end()
