#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The validator takes what is right, and refuses everything that is wrong: exchanges broken by hand, one by one, and every
value of a right one broken in turn."""
import copy
import sys

import tap
import validate
import world

USER = {'id': 7, 'is_bot': False, 'first_name': 'Ann', 'language_code': 'en'}
CHAT = {'id': 7, 'type': 'private', 'first_name': 'Ann'}
KEYS = {'inline_keyboard': [[{'text': 'Yes', 'callback_data': 'vote:yes'}, {'text': 'Site', 'url': 'https://example.org/'}]]}
BOT = {'id': 72, 'is_bot': True, 'first_name': 'Orders', 'username': 'orders_bot'}
MESSAGE = {'message_id': 5, 'date': 1700000000, 'chat': CHAT, 'from': BOT, 'text': 'vote', 'reply_markup': KEYS}
UPDATES = [
    {'update_id': 1, 'message': {'message_id': 1, 'date': 1700000000, 'chat': CHAT, 'from': USER, 'text': '/menu',
                                 'entities': [{'type': 'bot_command', 'offset': 0, 'length': 5}]}},
    {'update_id': 2, 'callback_query': {'id': '99', 'from': USER, 'message': MESSAGE, 'chat_instance': '1', 'data': 'vote:yes'}}]
INFO = {'url': 'http://127.0.0.1:1/', 'has_custom_certificate': False, 'pending_update_count': 0, 'ip_address': '127.0.0.1',
        'max_connections': 40, 'allowed_updates': ['message']}
DOCUMENT = {'message_id': 6, 'date': 1700000000, 'chat': CHAT, 'from': BOT, 'caption': 'the report',
            'document': {'file_id': 'a', 'file_unique_id': 'b', 'file_name': 'report.txt', 'file_size': 8890}}
FLOOD = {'ok': False, 'error_code': 429, 'description': 'Too Many Requests: retry after 3', 'parameters': {'retry_after': 3}}
MIGRATED = {'ok': False, 'error_code': 400, 'description': 'Bad Request: group chat was upgraded to a supergroup chat',
            'parameters': {'migrate_to_chat_id': -1001234567890}}


def entry(method, params, result, **more):
    return {'at': 1, 'answered': 2, 'bot': 72, 'method': method, 'agent': 'x', 'sent': 'json', 'params': params, 'status': 200,
            'answer': {'ok': True, 'result': result}, **more}


def failure(status, answer, **more):
    whole = entry('sendMessage', {'chat_id': 7, 'text': 'x'}, None, status=status, **more)
    whole['answer'] = answer
    return whole


RIGHT = {
    'getMe': entry('getMe', {}, BOT),
    'a method in small letters': entry('getme', {}, BOT),
    'getUpdates': entry('getUpdates', {'offset': 3, 'limit': 100, 'timeout': 50, 'allowed_updates': ['message']}, UPDATES),
    'getUpdates of a form': entry('getUpdates', {'offset': '-1', 'timeout': '10', 'allowed_updates': '["message"]'}, []),
    'sendMessage': entry('sendMessage', {'chat_id': 7, 'text': 'vote', 'reply_markup': KEYS}, MESSAGE),
    'a keyboard as text': entry('sendMessage', {'chat_id': '@channel', 'text': 'x' * 4096,
                                                'reply_markup': '{"remove_keyboard":true}'}, MESSAGE),
    'a keyboard of texts': entry('sendMessage', {'chat_id': 7, 'text': 'x', 'reply_markup': {'keyboard': [['Yes', {'text': 'No'}]]}},
                                 MESSAGE),
    'an edit of a message': entry('editMessageText', {'chat_id': 7, 'message_id': 5, 'text': 'done'}, MESSAGE),
    'an edit of an inline message': entry('editMessageText', {'inline_message_id': 'z', 'text': 'done'}, True),
    'answerCallbackQuery': entry('answerCallbackQuery', {'callback_query_id': '99', 'text': 'thanks', 'show_alert': 'True'}, True),
    'sendDocument': entry('sendDocument', {'chat_id': '7', 'document': {'file': 'report.txt', 'bytes': 8890},
                                           'caption': 'the report'}, DOCUMENT, sent='multipart'),
    'sendDocument of an attached file': entry('sendDocument', {'chat_id': '7', 'document': 'attach://x1',
                                                               'x1': {'file': 'report.txt', 'bytes': 8890}}, DOCUMENT, sent='multipart'),
    'getWebhookInfo': entry('getWebhookInfo', {}, INFO),
    'a client who has left': {**entry('getUpdates', {}, None), 'status': 0, 'answer': None},
    'a reset': entry('getMe', {}, None, how='reset', status=500),
    'HTML of a proxy': {key: value for key, value in entry('getMe', {}, None, status=502, text='<html>').items() if key != 'answer'},
    'a flood': failure(429, FLOOD, retry_after=3),
    'a chat that has moved': failure(400, MIGRATED),
}

WRONG = (  # what is right, how it is broken, what must be found
    ('getMe', {'method': 'getMee'}, 'no such method'),
    ('getMe', {'params': {'offset': 1}}, 'offset is not declared'),
    ('getMe', {'answer': {'ok': True}}, 'no result'),
    ('getMe', {'answer': {'ok': 'true', 'result': BOT}}, 'neither a result nor an error'),
    ('getMe', {'answer': {'ok': True, 'result': BOT, 'took': 3}}, 'took is not declared'),
    ('getMe', {'answer': [BOT]}, 'no object'),
    ('getMe', {'status': 500}, 'ok, but HTTP 500'),
    ('getMe', {'answer': {'ok': True, 'result': BOT, 'error_code': 400}}, 'with an error'),
    ('getMe', {'answer': {'ok': True, 'result': {**BOT, 'id': True}}}, 'true is not of type Integer'),
    ('getMe', {'answer': {'ok': True, 'result': {**BOT, 'id': 7.5}}}, '7.5 is not of type Integer'),
    ('getMe', {'lost': True}, 'the exchange has a hole'),
    ('getUpdates', {'params': {'limit': 101}}, 'limit: 101 is not 1 to 100'),
    ('getUpdates', {'params': {'offset': '1x'}}, 'is not of type Integer'),
    ('getUpdates', {'params': {'allowed_updates': 'message'}}, 'is not of type Array of String'),
    ('getUpdates', {'answer': {'ok': True, 'result': UPDATES[0]}}, 'is not of type Array of Update'),
    ('getUpdates', {'answer': {'ok': True, 'result': [{**UPDATES[0], **UPDATES[1]}]}}, 'where one of several is wanted'),
    ('getUpdates', {'answer': {'ok': True, 'result': [{'update_id': 2, 'callback_query': {'id': '9', 'from': USER, 'chat_instance': '1'}}]}},
     'none where one of several is wanted'),
    ('sendMessage', {'params': {'chat_id': 7}}, 'text is missing'),
    ('sendMessage', {'params': {'chat_id': 7, 'text': ''}}, 'text: 0 characters, not 1 to 4096'),
    ('sendMessage', {'params': {'chat_id': 7, 'text': '😀' * 2049}}, 'text: 4098 characters'),
    ('sendMessage', {'params': {'chat_id': 7, 'text': 5}}, '5 is not of type String'),
    ('sendMessage', {'params': {'chat_id': 7, 'text': None}}, 'null is not of type String'),
    ('sendMessage', {'params': {'chat_id': [7], 'text': 'x'}}, 'is not of type'),
    ('sendMessage', {'params': {'chat_id': 7, 'text': 'x', 'reply_markup': {'inline_keyboard': [[{'text': 'x', 'callback_data': 'ä' * 33}]]}}},
     'callback_data: 66 bytes, not 1 to 64'),
    ('sendMessage', {'params': {'chat_id': 7, 'text': 'x', 'reply_markup': '{"inline_keyboard":[[{"text":"x"}]]}'}},
     'none where one of several is wanted'),
    ('sendMessage', {'params': {'chat_id': 7, 'text': 'x', 'reply_markup': {'inline_keyboard': [[{'text': 'x', 'url': 'y', 'style': 'red'}]]}}},
     "'red' is none of danger, success, primary"),
    ('sendMessage', {'answer': {'ok': True, 'result': True}}, 'true is not of type Message'),
    ('sendMessage', {'answer': {'ok': True, 'result': {**MESSAGE, 'chat': {'id': 7, 'type': 'secret'}}}}, "'secret' is none of private"),
    ('a keyboard of texts', {'params': {'chat_id': 7, 'text': 'x', 'reply_markup': {'inline_keyboard': [['Yes']]}}},
     'is not of type InlineKeyboardButton'),
    ('answerCallbackQuery', {'params': {'callback_query_id': '9', 'text': 'x' * 201}}, 'text: 201 characters'),
    ('answerCallbackQuery', {'params': {'callback_query_id': '9', 'show_alert': 'yes'}}, 'is not of type Boolean'),
    ('sendDocument', {'params': {'chat_id': 7, 'document': 5}}, 'is not of type'),
    ('sendDocument of an attached file', {'params': {'chat_id': 7, 'document': 'attach://x2', 'x1': {'file': 'x', 'bytes': 1}}},
     'x1 is not declared'),
    ('sendDocument of an attached file', {'params': {'chat_id': 7, 'document': 'attach://x1', 'x1': 'x'}}, 'x1 is not declared'),
    ('HTML of a proxy', {'status': 200}, 'HTTP 200 without JSON'),
    ('a flood', {'retry_after': None}, 'retry_after differs'),
    ('a flood', {'answer': {**FLOOD, 'parameters': {'retry_after': 4}}}, 'retry_after differs'),
    ('a flood', {'answer': {**FLOOD, 'error_code': 420}}, 'error_code 420 with HTTP 429'),
    ('a flood', {'answer': {**FLOOD, 'description': 'slow down'}}, 'are not the words of 429'),
    ('a flood', {'answer': {**FLOOD, 'result': True}}, 'neither a result nor an error'),
    ('a chat that has moved', {'answer': {**MIGRATED, 'parameters': {'migrate_to': 5}}}, 'migrate_to is not declared'),
    ('a chat that has moved', {'answer': {**MIGRATED, 'description': 'Chat moved'}}, 'are not the words of 400'),
)


def finds(validator, broken, words):
    found = validator.entry(broken)
    assert any(words in each for each in found), found


def places(value, path=()):
    """Every place inside a value: (path, what is there)."""
    yield path, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from places(each, (*path, key))


def with_place(whole, path, value):
    changed = copy.deepcopy(whole)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


def refuses_each_break(validator):
    """Each value of another type, and each object with one field more, in each right exchange that has a result."""
    tried = 0
    for title, right in RIGHT.items():
        if right['status'] == 0 or 'how' in right:  # its answer reached nobody
            continue
        for path, value in places(right):
            if path[:1] not in (('params',), ('answer',)) or len(path) < 2 or path[1] in ('ok', 'parameters', 'error_code'):
                continue
            if isinstance(value, str) and path[-3:-2] == ('keyboard',):
                broken = with_place(right, path, 7)
            elif isinstance(value, dict) and 'file' not in value:
                broken = with_place(right, path, {**value, 'undeclared': 1})
            else:
                broken = with_place(right, path, {'no': 'type'})
            assert validator.entry(broken), f'{title}: {path} may be broken'
            tried += 1
    assert tried > 100, tried


def misses_each_required_field(validator):
    """Without one of its fields a right exchange stays right, or the field is told as missing; most are required."""
    required = 0
    for title, right in RIGHT.items():
        for path, value in places(right):
            if not (path[:2] == ('answer', 'result') and isinstance(value, dict) or path == ('params',)):
                continue
            for key in value:
                found = validator.entry(with_place(right, path, {name: each for name, each in value.items() if name != key}))
                missing = any(f'{key} is missing' in each or 'none where one of several' in each for each in found)
                assert missing or not found, f'{title}: {path} without {key}: {found}'
                required += missing
    assert required >= 30, required


def counts_a_file(validator):
    with world.tempfile.NamedTemporaryFile('w', suffix='.jsonl') as file:
        good = world.json.dumps(RIGHT['getMe'])
        file.write(f'{good}\n{good.replace("Orders", "x 123456:" + "A" * 30)}\n{good[:-9]}\n')
        file.flush()
        count, found = validator.file(file.name)
    assert count == 3 and dict(found) == {'a token is shown': 1, 'a line is no JSON': 1}, (count, found)


def main():
    out = tap.Tap('the validator: ')
    try:
        validator = validate.Validator(world.corpus())
    except tap.Missing as missing:
        out.skip('it refuses what is wrong', missing)
        return out.end()
    for title, right in RIGHT.items():
        out.result(not validator.entry(right), f'takes {title}', *validator.entry(right))
    for title, change, words in WRONG:
        out.check(f'{title}: finds "{words}"', finds, validator, {**RIGHT[title], **change}, words)
    out.check('refuses each value of another type and each undeclared field', refuses_each_break, validator)
    out.check('finds each required field that is missing', misses_each_required_field, validator)
    out.check('finds tokens and broken lines in a file', counts_a_file, validator)
    return out.end()


sys.exit(main())
