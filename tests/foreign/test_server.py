#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A tour of the fleet's Bot API server: every method that it registers gives a result, every kind of update that its users can
cause is fetched, and each of its refusals is provoked; all of it is as the specification has it."""
import re
import sys

import tap
import validate
import world

ANN, GROUP, SUPER = 5001, -77, -1000000000099
HTML = ('<b>bold</b> <i>it <u>under</u></i> <s>gone</s> <tg-spoiler>boo</tg-spoiler> <a href="https://example.org/">link</a> '
        '<code>x</code> <pre><code class="language-c">int x;</code></pre> <blockquote>quoted</blockquote> &lt;3 😀 '
        'https://example.org @somebody_here #tag /cmd a@example.org')
MARKDOWN = '*bold* _it_ __under__ ~gone~ ||boo|| `x` [link](https://example.org/) \\. \\!'
KEYS = {'inline_keyboard': [[{'text': 'A', 'callback_data': 'a'}], [{'text': 'B', 'url': 'https://example.org/'}]]}
REPLY_KEYS = {'keyboard': [[{'text': 'A'}, 'B']], 'resize_keyboard': True}


def methods():
    text = (world.ROOT / 'tests' / 'fleet' / 'botapi' / 'methods.def').read_text()
    return set(re.findall(r'^METHOD\((\w+)\)', text, re.M))


class Guide:
    """Calls methods of one bot, each of which must succeed."""

    def __init__(self, here, name):
        self.here, self.name, self.token = here, name, here.new_bot(name)

    def get(self, method, **params):
        status, answer = self.here.call(self.token, method, **params)
        assert status == 200 and answer['ok'], f'{method} {params}: {answer}'
        return answer['result']

    def user(self, route, **body):
        return self.here.control(route, bot=self.name, **body)

    def fails(self, status, words, method, **params):
        got, answer = self.here.call(self.token, method, **params)
        assert got == status and words in answer['description'], f'{method} {params}: {answer}'


def sends(guide):
    guide.user('say', chat=ANN, text='/start hello')
    guide.user('say', chat=GROUP, text='hi @everybody', **{'from': ANN})
    guide.user('chat', chat=SUPER, title='Shop', username='shop_talk')
    for text in ('plain', 'x' * 4096, '\n'.join('זקفا')):
        guide.get('sendMessage', chat_id=ANN, text=text)
    guide.get('sendMessage', chat_id=ANN, text=HTML, parse_mode='HTML', disable_notification=True)
    guide.get('sendMessage', chat_id='@shop_talk', text=MARKDOWN, parse_mode='MarkdownV2', link_preview_options={'is_disabled': True})
    guide.get('sendMessage', chat_id=GROUP, text='keys', reply_markup=REPLY_KEYS)
    first = guide.get('sendMessage', chat_id=ANN, text='bold', entities=[{'type': 'bold', 'offset': 0, 'length': 4}])
    guide.get('sendMessage', chat_id=ANN, text='answer', reply_parameters={'message_id': first['message_id']})
    guide.get('forwardMessage', chat_id=GROUP, from_chat_id=ANN, message_id=first['message_id'])
    guide.get('copyMessage', chat_id=GROUP, from_chat_id=ANN, message_id=first['message_id'])
    guide.get('sendChatAction', chat_id=ANN, action='typing')


def edits(guide):
    menu = guide.get('sendMessage', chat_id=ANN, text='menu', reply_markup=KEYS)
    where = {'chat_id': ANN, 'message_id': menu['message_id']}
    guide.user('press', chat=ANN, message_id=menu['message_id'], data='a')
    guide.get('answerCallbackQuery', callback_query_id=guide.user('bot')['callbacks'][-1]['id'], text='ok', show_alert=True)
    guide.get('editMessageText', text='<b>done</b>', parse_mode='HTML', reply_markup=KEYS, **where)
    guide.get('editMessageReplyMarkup', **where)
    guide.get('deleteMessage', **where)
    more = [guide.get('sendMessage', chat_id=ANN, text=text)['message_id'] for text in 'ab']
    guide.get('deleteMessages', chat_id=ANN, message_ids=more)


def uploads(guide):
    status, answer = world.send_form(guide.here.port, f'/bot{guide.token}/sendDocument', {'chat_id': ANN, 'caption': 'report'},
                                     'document', 'r.txt', b'x' * 9000)
    assert status == 200, answer
    document = answer['result']['document']
    again = guide.get('sendDocument', chat_id=GROUP, document=document['file_id'])
    guide.get('editMessageCaption', chat_id=GROUP, message_id=again['message_id'], caption='again')
    path = guide.get('getFile', file_id=document['file_id'])['file_path']
    status, content = world.fetch(guide.here.port, f'/file/bot{guide.token}/{path}')
    assert (status, content) == (200, b'x' * 9000), status


def asks_of_chats(guide):
    for chat in (ANN, GROUP, SUPER, '@shop_talk'):
        guide.get('getChat', chat_id=chat)
        guide.get('getChatMemberCount', chat_id=chat)
    for chat in (GROUP, SUPER):
        guide.get('getChatAdministrators', chat_id=chat)
    me = guide.get('getMe')
    for user in (ANN, me['id']):
        guide.get('getChatMember', chat_id=GROUP, user_id=user)
    guide.get('leaveChat', chat_id=SUPER)


def says_what_it_is(guide):
    commands = [{'command': 'start', 'description': 'Begin'}, {'command': 'stop_all', 'description': 'End'}]
    for scope in ({'type': 'default'}, {'type': 'all_group_chats'}, {'type': 'chat', 'chat_id': GROUP},
                  {'type': 'chat_member', 'chat_id': GROUP, 'user_id': ANN}):
        guide.get('setMyCommands', commands=commands, scope=scope, language_code='de')
        assert guide.get('getMyCommands', scope=scope, language_code='de') == commands
    guide.get('deleteMyCommands')
    for what, key in (('Name', 'name'), ('Description', 'description'), ('ShortDescription', 'short_description')):
        guide.get(f'setMy{what}', **{key: 'Отдел'}, language_code='ru')
        assert guide.get(f'getMy{what}', language_code='ru') == {key: 'Отдел'}


def fetches_updates(guide):
    said = guide.user('say', chat=ANN, text='/start@x_bot https://example.org')
    guide.user('edit', chat=ANN, message_id=said['message_id'], text='better')
    guide.user('chat', chat=ANN, state='blocked')
    guide.user('chat', chat=ANN, state='ok')
    for state in ('muted', 'left', 'kicked', 'ok'):
        guide.user('chat', chat=-8, state=state)
    guide.user('migrate', chat=GROUP)
    kinds, offset = set(), 0
    while True:
        updates = guide.get('getUpdates', offset=offset, limit=50, allowed_updates=[])
        if not updates:
            break
        kinds |= {kind for update in updates for kind in update if kind != 'update_id'}
        offset = updates[-1]['update_id'] + 1
    assert kinds >= {'message', 'edited_message', 'callback_query', 'my_chat_member'}, kinds


def has_webhooks(guide):
    guide.get('setWebhook', url=f'http://127.0.0.1:{world.free_port()}/x', secret_token='a-b_c', max_connections=3,
              allowed_updates=['message', 'callback_query'], drop_pending_updates=True)
    guide.user('say', chat=ANN, text='is anybody there')
    tap.wait_until(10, lambda: 'last_error_date' in guide.get('getWebhookInfo'))
    guide.user('sync-error', at=1700000000)
    info = guide.get('getWebhookInfo')
    assert info['allowed_updates'] == ['message', 'callback_query'] and info['last_synchronization_error_date'] == 1700000000, info
    guide.user('clock', advance_ms=1000)  # it takes one a second
    guide.get('deleteWebhook')


def leaves(guide):
    """The last that a bot asks for; the server's clock goes on by the ten minutes for which it is refused."""
    if 'logOut' not in methods():
        return
    guide.fails(429, 'retry after', 'close')
    guide.here.control('clock', advance_ms=10 * 60 * 1000)
    assert guide.get('close') is True
    guide.get('getMe')  # which opens it again
    assert guide.get('logOut') is True
    guide.fails(400, 'Logged out', 'getMe')


REFUSALS = (  # status, words, method, parameters
    (400, 'chat_id is empty', 'sendMessage', {'text': 'x'}),
    (400, 'chat not found', 'sendMessage', {'chat_id': 1, 'text': 'x'}),
    (400, 'message text is empty', 'sendMessage', {'chat_id': ANN, 'text': ''}),
    (400, 'message is too long', 'sendMessage', {'chat_id': ANN, 'text': 'x' * 4097}),
    (400, "can't parse entities", 'sendMessage', {'chat_id': ANN, 'text': '<x>', 'parse_mode': 'HTML'}),
    (400, "can't parse entities", 'sendMessage', {'chat_id': ANN, 'text': 'a.', 'parse_mode': 'MarkdownV2'}),
    (400, 'unsupported parse_mode', 'sendMessage', {'chat_id': ANN, 'text': 'x', 'parse_mode': 'TeX'}),
    (400, 'BUTTON_DATA_INVALID', 'sendMessage', {'chat_id': ANN, 'text': 'x', 'reply_markup': {'inline_keyboard': [[
        {'text': 'x', 'callback_data': 'x' * 65}]]}}),
    (400, 'message to be replied not found', 'sendMessage', {'chat_id': ANN, 'text': 'x', 'reply_parameters': {'message_id': 999}}),
    (400, 'message to edit not found', 'editMessageText', {'chat_id': ANN, 'message_id': 999, 'text': 'x'}),
    (400, 'message to delete not found', 'deleteMessage', {'chat_id': ANN, 'message_id': 999}),
    (400, 'query is too old', 'answerCallbackQuery', {'callback_query_id': '1'}),
    (400, 'invalid file_id', 'getFile', {'file_id': 'x'}),
    (400, 'wrong file identifier', 'sendDocument', {'chat_id': ANN, 'document': 'x'}),
    (400, 'secret token', 'setWebhook', {'url': 'http://127.0.0.1:1/', 'secret_token': 'ä'}),
    (400, 'HTTPS URL', 'setWebhook', {'url': 'ftp://127.0.0.1:1/'}),
    (400, 'BOT_COMMAND_INVALID', 'setMyCommands', {'commands': [{'command': 'Not So', 'description': 'x'}]}),
    (404, 'method not found', 'getMoon', {}),
)


def refuses(guide):
    guide.user('say', chat=ANN, text='hi')
    for status, words, method, params in REFUSALS:
        guide.fails(status, words, method, **params)
    same = guide.get('sendMessage', chat_id=ANN, text='same')
    guide.fails(400, 'message is not modified', 'editMessageText', chat_id=ANN, message_id=same['message_id'], text='same')
    for chat, state, words in ((ANN, 'blocked', 'bot was blocked by the user'), (ANN, 'deactivated', 'user is deactivated'),
                               (-5, 'kicked', 'bot was kicked from the group chat'), (-5, 'left', 'is not a member')):
        guide.user('chat', chat=chat, state=state)
        guide.fails(403, words, 'sendMessage', chat_id=chat, text='x')
    guide.user('say', chat=-6, text='x', **{'from': ANN})
    moved = guide.user('migrate', chat=-6)['chat']
    status, answer = guide.here.call(guide.token, 'sendMessage', chat_id=-6, text='x')
    assert status == 400 and answer['parameters'] == {'migrate_to_chat_id': moved}, answer
    guide.user('revoke')
    guide.fails(401, 'Unauthorized', 'getMe')


def judge(validator, entries, requests):
    """What is wrong with the answers, and where `requests` is true with the requests."""
    found = {finding for entry in entries for finding in validator.entry(entry)
             if requests or ' request: ' not in finding}
    assert entries and not found, found


def gives_every_result(validator):
    missing = methods() - set(validator.seen)
    assert not missing, f'no result of {", ".join(sorted(missing))}: take it into the tour'


def main():
    out = tap.Tap('the Bot API server: ')
    with world.World() as here:
        guide, other = Guide(here, 'tour'), Guide(here, 'refused')
        for title, check in (('messages are sent', sends), ('messages are edited and deleted', edits), ('files come and go', uploads),
                             ('chats are known', asks_of_chats), ('a bot says what it is', says_what_it_is),
                             ('every kind of update is fetched', fetches_updates), ('a webhook has its figures', has_webhooks), ('a bot closes and logs out', leaves)):
            out.check(title, check, guide)
        out.check('what is wrong is refused in its words', refuses, other)
        try:
            validator = validate.Validator(world.corpus())
        except tap.Missing as missing:
            out.skip('requests and answers are as the specification has it', missing)
            return out.end()
        out.check('every request and result is as the specification has it', judge, validator, here.exchange(guide.token), True)
        out.check('every refusal is as the specification has it', judge, validator, here.exchange(other.token), False)
        out.check('the tour has a result of every method', gives_every_result, validator)
    return out.end()


sys.exit(main())
