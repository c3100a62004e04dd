# SPDX-License-Identifier: MIT
"""What every framework is put through, and what may differ between them."""
import threading
import time

import tap
import validate
import world

PATIENCE_S = 60  # for what takes a second where nothing else runs
CHAT = 5001
REPORT = ''.join(f'line {i}\n' for i in range(1000)).encode()  # that the bots send
OTHER_POLLER = 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running'
WEBHOOK_ACTIVE = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
BURSTS = (1, 9, 100, 240, 650)  # of messages; a getUpdates answers with 100 at most


class Framework:
    """The facts of one framework; what it does about trouble was measured once, and is held here.

    title, package, command  what its bot calls itself, what it needs, how it is started
    at_conflict              'exits', 'goes on', or 'deletes the webhook and goes on', whether there is one or not
    at_401                   'exits' or 'goes on'
    at_429                   'waits' as long as it is told, or 'goes on' at once
    at_502_s                 (least, most) seconds until it asks again
    checks_secret            whether its webhook wants the secret token
    deviations               what its requests do that the specification does not have, each with its reason
    """

    def __init__(self, title, package, command, at_conflict, at_401, at_429, at_502_s, checks_secret, deviations=()):
        self.title, self.package, self.command = title, package, command
        self.at_conflict, self.at_401, self.at_429, self.at_502_s = at_conflict, at_401, at_429, at_502_s
        self.checks_secret, self.deviations = checks_secret, dict(deviations)


class Play:
    """One bot of the framework, with a token of its own, and the user who talks to it."""

    def __init__(self, framework, here, name):
        self.framework, self.here, self.name = framework, here, f'{framework.package}-{name}'
        self.token = here.new_bot(self.name)
        self.bot = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.bot:
            self.bot.kill()

    def start(self, **env):
        before = len(self.starts()) if self.bot else 0
        self.bot = self.here.run(self.name, self.framework.command, {
            'NODE_PATH': str(world.MODULES), 'BOT_API': self.here.api, 'BOT_TOKEN': self.token, **env})
        tap.wait_until(PATIENCE_S, self.has_started, before)
        if 'BOT_WEBHOOK' not in env:
            tap.wait_until(PATIENCE_S, self.polls)
        return self

    def has_started(self, before):
        assert not self.has_exited(), self.bot.text()
        return len(self.starts()) > before

    def starts(self):
        """What it said when it had started, once a start."""
        return [said for said in self.bot.said() if 'started' in said]

    def state(self):
        return self.here.control('bot', bot=self.name)

    def polls(self):
        return self.state()['polled']

    def says(self, text, count=1):
        self.here.control('play', bot=self.name, count=count, chat=CHAT, text=text)

    def was_told(self, text):
        return self.message(text) is not None

    def message(self, text):
        """The message that it has sent with this text."""
        return next((message for message in self.state()['sent'] if message.get('text') == text), None)

    def seen(self):
        return [said for said in self.bot.said() if 'saw' in said]

    def answers(self, word='still here'):
        """It lives: a message is answered."""
        self.says(word)
        tap.wait_until(PATIENCE_S, self.was_told, f'echo: {word}')

    def insists(self, method, **params):
        """The answer to a request of somebody else who has the token and waits when he is told to."""
        while True:
            status, answer = self.here.call(self.token, method, **params)
            if status != 429:
                assert status == 200, answer
                return answer['result']
            time.sleep(answer['parameters']['retry_after'])

    def has_exited(self):
        return self.bot.status() is not None

    def calls(self, method='getUpdates'):
        return self.here.exchange(self.token, method)

    def answered(self, status, method='getUpdates'):
        """The index and the entry of the first call of it that was answered so, when there is one."""
        for i, call in enumerate(self.calls(method)):
            if call['status'] == status and call['agent'] != world.AGENT:
                return i, call
        return None

    def meets(self, status):
        """Its next poll is answered so; waits until that has happened."""
        self.says('#')  # ends the poll that waits
        return tap.wait_until(PATIENCE_S, self.answered, status)

    def next_call(self, index):
        calls = self.calls()
        return calls[index + 1] if len(calls) > index + 1 else None

    def pause_after(self, index, call):
        """Seconds between an answer and the next getUpdates, which is written down when it is answered itself."""
        tap.wait_until(PATIENCE_S, lambda: self.polls() or self.next_call(index))
        self.says('#')
        following = tap.wait_until(PATIENCE_S, self.next_call, index)
        return (following['at'] - call['answered']) / 1000

    def exits(self, word):
        """With a bad status, saying why."""
        tap.wait_until(PATIENCE_S, self.has_exited)
        assert self.bot.status() != 0 and word in self.bot.text(), (self.bot.status(), self.bot.text())

    def goes_on(self, word=''):
        """It answers, and has said what was wrong."""
        self.answers()
        assert not self.has_exited() and word in self.bot.text(), self.bot.text()

    def has_deleted_the_webhook(self):
        return any('url' not in call['params'] and call['agent'] != world.AGENT for call in self.calls('setWebhook'))


# ---- the checks: each gets a fresh Play ----

def answers_a_command(play):
    play.start()
    play.says('/start')
    tap.wait_until(PATIENCE_S, play.was_told, f'hello from {play.framework.title}')
    play.answers('привет 👋')


def offers_a_menu(play):
    """Its button is pressed: the user is told, and the message becomes another."""
    play.start()
    play.says('/menu')
    menu = tap.wait_until(PATIENCE_S, play.message, 'vote')
    keys = [[(key['text'], key['callback_data']) for key in row] for row in menu['reply_markup']['inline_keyboard']]
    assert keys == [[('Yes', 'vote:yes'), ('No', 'vote:no')]], menu
    play.here.control('press', bot=play.name, chat=CHAT, message_id=menu['message_id'], data='vote:yes')
    edit = tap.wait_until(PATIENCE_S, play.answered, 200, 'editMessageText')[1]['answer']['result']
    assert (edit['message_id'], edit['text']) == (menu['message_id'], 'chosen: vote:yes') and 'edit_date' in edit, edit
    assert [press.get('text') for press in play.state()['callbacks']] == ['you chose vote:yes'], play.state()['callbacks']


def hears_of_an_edit(play):
    """A user edits what he wrote: the bot sees both, and takes the second for what it is."""
    play.start()
    said = play.here.control('say', bot=play.name, chat=CHAT, text='#first')
    play.here.control('edit', bot=play.name, chat=CHAT, message_id=said['message_id'], text='#second')
    tap.wait_until(PATIENCE_S, lambda: len(play.seen()) == 2)
    assert [(each['kind'], each['text']) for each in play.seen()] == [('message', '#first'), ('edited_message', '#second')], play.seen()


def sends_a_document(play):
    """What it uploads can be fetched again, byte for byte."""
    play.start()
    play.says('/file')
    sent = tap.wait_until(PATIENCE_S, play.answered, 200, 'sendDocument')[1]['answer']['result']
    document = sent['document']
    assert (sent['caption'], document['file_name'], document['file_size']) == ('the report', 'report.txt', len(REPORT)), sent
    path = play.insists('getFile', file_id=document['file_id'])['file_path']
    status, content = world.fetch(play.here.port, f'/file/bot{play.token}/{path}')
    assert status == 200 and content == REPORT, (status, content[:80])


def sees_each_update_once(play):
    play.start()
    for count in BURSTS:
        play.says('#', count)
        tap.wait_until(PATIENCE_S, lambda: play.state()['pending'] == 0)
    tap.wait_until(PATIENCE_S, lambda: len(play.seen()) >= sum(BURSTS))  # some confirm before they look
    ids = [said['saw'] for said in play.seen()]
    assert len(ids) == sum(BURSTS) and ids == list(range(ids[0], ids[0] + len(ids))), (len(ids), ids[:3], ids[-3:])


def confirms_what_it_has(play):
    """What it has seen is not delivered to its successor."""
    play.start()
    play.says('#', 150)
    tap.wait_until(PATIENCE_S, lambda: play.state()['pending'] == 0 and len(play.seen()) >= 150)
    last = play.seen()[-1]['saw']
    play.bot.kill()
    play.says('#', 3)
    play.here.control('clock', advance_ms=1000)  # the server takes one deleteWebhook a second
    play.start()
    tap.wait_until(PATIENCE_S, lambda: play.state()['pending'] == 0 and len(play.seen()) >= 153)
    ids = [said['saw'] for said in play.seen()]
    assert ids[-3:] == [last + 1, last + 2, last + 3] and len(ids) == len(set(ids)) == 153, ids[-6:]


def evicts_a_rival(play):
    answers = []
    rival = threading.Thread(target=lambda: answers.append(play.here.call(play.token, 'getUpdates', seconds=30)))
    rival.start()
    tap.wait_until(PATIENCE_S, play.polls)
    play.start()
    rival.join(PATIENCE_S)
    status, answer = answers[0]
    assert status == 409 and answer['description'] == OTHER_POLLER, answers
    play.answers()


def meets_a_rival(play):
    """Whoever goes on evicts the rival in his turn."""
    play.start()
    status, answer = play.here.call(play.token, 'getUpdates', seconds=1 if play.framework.at_conflict == 'exits' else 20)
    _, call = tap.wait_until(PATIENCE_S, play.answered, 409)
    assert call['answer']['description'] == OTHER_POLLER, call
    if play.framework.at_conflict == 'exits':
        assert status == 200 and answer['result'] == [], answer
        play.exits('Conflict')
        return
    assert status == 409 and answer['description'] == OTHER_POLLER, answer
    if play.framework.at_conflict == 'goes on':
        play.goes_on('Conflict')
    else:
        play.goes_on()
        assert play.has_deleted_the_webhook(), play.calls('setWebhook')


def meets_a_webhook(play):
    play.start()
    url = f'http://127.0.0.1:{world.free_port()}/'
    play.insists('setWebhook', url=url)
    _, call = tap.wait_until(PATIENCE_S, play.answered, 409)
    assert call['answer']['description'].startswith('Conflict: '), call
    if play.framework.at_conflict == 'exits':
        play.exits('Conflict')
        return
    tap.wait_until(PATIENCE_S, lambda: any(call['status'] == 409 and call['answer']['description'] == WEBHOOK_ACTIVE for call in play.calls()))
    if play.framework.at_conflict == 'goes on':
        assert play.insists('getWebhookInfo')['url'] == url
        play.insists('deleteWebhook')
        play.goes_on('Conflict')
    else:  # the webhook of whoever set it
        tap.wait_until(PATIENCE_S, lambda: play.insists('getWebhookInfo')['url'] == '')
        assert play.has_deleted_the_webhook(), play.calls('setWebhook')
        play.goes_on()


def meets_429(play):
    play.start()
    play.here.control('fault', bot=play.name, kind='status', status=429, retry_after=3, method='getUpdates', count=1)
    index, call = play.meets(429)
    pause = play.pause_after(index, call)
    print(f'# {play.framework.title} asks again {pause:.1f} s after a 429 that says 3 s')
    assert pause >= 3 if play.framework.at_429 == 'waits' else pause < 3, pause
    play.answers()


def meets_401(play):
    play.start()
    play.here.control('revoke', bot=play.name)
    index, call = play.meets(401)
    assert call['answer']['description'] == 'Unauthorized', call
    if play.framework.at_401 == 'goes on':
        play.pause_after(index, call)
        play.here.control('revoke', bot=play.name, revoked=False)
        play.goes_on('nauthorized')
    else:
        play.exits('nauthorized')


def meets_502(play):
    play.start()
    play.here.control('fault', bot=play.name, kind='html', method='getUpdates', count=1)
    index, call = play.meets(502)
    assert call['text'].startswith('<html>'), call
    pause = play.pause_after(index, call)
    print(f'# {play.framework.title} asks again {pause:.1f} s after a 502')
    least, most = play.framework.at_502_s
    assert least <= pause <= most, pause
    play.answers()


def takes_a_webhook(play):
    secret = 'canary_secret-1'
    port = world.free_port()
    url = f'http://127.0.0.1:{port}/updates'
    play.start(BOT_WEBHOOK=url, BOT_SECRET=secret)
    play.says('/start')
    tap.wait_until(PATIENCE_S, play.was_told, f'hello from {play.framework.title}')
    tap.wait_until(PATIENCE_S, lambda: play.state()['pending'] == 0)
    info = play.insists('getWebhookInfo')
    assert info['url'].startswith(url) and info['pending_update_count'] == 0 and 'last_error_date' not in info, info
    assert not play.calls(), play.calls()


def wants_the_secret(play):
    """An update from somebody who does not know it is refused and not seen."""
    port, secret = world.free_port(), 'canary_secret-2'
    play.start(BOT_WEBHOOK=f'http://127.0.0.1:{port}/updates', BOT_SECRET=secret)
    update = {'update_id': 1, 'message': {'message_id': 1, 'date': 1, 'chat': {'id': CHAT, 'type': 'private', 'first_name': 'x'},
                                          'from': {'id': CHAT, 'is_bot': False, 'first_name': 'x'}, 'text': 'forged'}}
    for headers in ({}, {'X-Telegram-Bot-Api-Secret-Token': 'canary_secret-3'}):
        status, _ = world.request(port, '/updates', update, headers=headers)
        assert 400 <= status < 500, status
    play.says('genuine')
    tap.wait_until(PATIENCE_S, play.was_told, 'echo: genuine')
    assert [said['text'] for said in play.seen()] == ['genuine'], play.seen()
    told = [call['params'] for call in play.calls('setWebhook')]
    assert told and all(secret not in str(each) for each in told), told  # redacted in the exchange


CHECKS = (
    ('a command and a message are answered', answers_a_command),
    ('a button is pressed: the user is told, the message edited', offers_a_menu),
    ('a message that a user edits is seen as such', hears_of_an_edit),
    ('a document is uploaded, and fetched again', sends_a_document),
    (f'of {sum(BURSTS)} updates each is seen once, in order', sees_each_update_once),
    ('what it has seen is not delivered to its successor', confirms_what_it_has),
    ('it evicts a rival who polls', evicts_a_rival),
    ('a rival evicts it: it {at_conflict}', meets_a_rival),
    ('somebody sets a webhook: it {at_conflict}', meets_a_webhook),
    ('at 429 with retry_after it {at_429}', meets_429),
    ('at 401 it {at_401}', meets_401),
    ('at 502 in HTML it goes on', meets_502),
    ('its webhook takes updates', takes_a_webhook),
)


def is_faithful(framework, here):
    """Every request and answer is as the specification has it, but for what is known of the framework."""
    validator = validate.Validator(world.corpus())
    count, found = validator.file(here.exchange_file)
    print(f'# {framework.title}: {count} requests, {sum(validator.seen.values())} results of {", ".join(sorted(validator.seen))}')
    assert count and set(found) == set(framework.deviations), dict(found)


def play_one(check, framework, here):
    with Play(framework, here, check.__name__) as play:
        try:
            check(play)
        except Exception:
            if play.bot:
                print(*(f'# {line}' for line in play.bot.text().splitlines()[-15:]), sep='\n')
            raise


def run(framework, is_here):
    """`is_here` raises tap.Missing where the framework is not."""
    out = tap.Tap(f'{framework.title}: ')
    try:
        is_here()
    except tap.Missing as missing:
        out.skip("its bot runs against the fleet's Bot API server", missing)
        return out.end()
    with world.World() as here:
        for title, check in CHECKS:
            out.check(title.format(**vars(framework)), play_one, check, framework, here)
        if framework.checks_secret:
            out.check('its webhook wants the secret token', play_one, wants_the_secret, framework, here)
        here.stop_all()
        out.check('every request and answer is as the specification has it', is_faithful, framework, here)
    return out.end()
