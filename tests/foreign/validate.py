#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""validate.py API.JSON EXCHANGE...: holds every request and answer that the fleet's Bot API server wrote down
(--exchange) against the specification. Prints what is wrong, one line each, and how much was looked at; exit 1 when
something is wrong, or when there was nothing to look at.

Python's standard library alone: python3 is on every machine that runs the fleet (supervisord needs it), so that exchanges
can be judged where npm is not.
"""
import collections
import json
import re
import sys

import spec

ENVELOPE = {'ok', 'result', 'description', 'error_code', 'parameters'}
WORDS = {400: ('Bad Request: ', 'Logged out'), 401: ('Unauthorized',), 403: ('Forbidden: ',), 404: ('Not Found',),
         409: ('Conflict: ',), 413: ('Request Entity Too Large',), 421: ('Misdirected Request: ',),
         429: ('Too Many Requests: retry after ',), 500: ('Internal Server Error',)}
TOKEN = re.compile(r'[0-9]{5,16}(?::|%3[Aa])[A-Za-z0-9_-]{24,}')


class Validator:
    def __init__(self, path):
        self.spec = spec.Spec(path)
        self.seen = collections.Counter()  # method -> how often it was answered with a result

    def entry(self, entry):
        """What is wrong with one line of an exchange, a list of "METHOD ...: WHAT"."""
        if entry.get('lost') or not isinstance(entry.get('method'), str):
            return ['the exchange has a hole']
        method = self.spec.methods.get(entry['method'].lower())
        if not method:
            return [f'{entry["method"]} request: there is no such method']
        name, fields, returns = method
        wrong = [f'{name} request: {each}' for each in self.spec.params(entry['params'], fields)]
        return wrong + self._answer(entry, name, returns)

    def _answer(self, entry, name, returns):
        if entry['status'] == 0 or entry.get('how') == 'reset':
            return []
        if 'answer' not in entry:
            # What a proxy before the server says is no JSON; the server itself never does so.
            return [] if entry['status'] >= 500 else [f'{name} answer: HTTP {entry["status"]} without JSON']
        answer = entry['answer']
        if not isinstance(answer, dict):
            return [f'{name} answer: no object']
        wrong = [f'{name} answer: {each} is not declared' for each in answer if each not in ENVELOPE]
        if answer.get('ok') is not True:
            return wrong + self._failure(entry, name)
        if entry['status'] != 200 or 'error_code' in answer or 'parameters' in answer:
            wrong.append(f'{name} answer: ok, but HTTP {entry["status"]} or with an error')
        if 'result' not in answer:
            return wrong + [f'{name} answer: no result']
        self.seen[name] += 1
        return wrong + [f'{name} {each}' for each in self.spec.value(answer['result'], returns, 'result')]

    def _failure(self, entry, name):
        answer, status = entry.get('answer'), entry['status']
        if not isinstance(answer, dict) or answer.get('ok') is not False or 'result' in answer:
            return [f'{name} answer: neither a result nor an error']
        wrong = []
        code, description = answer.get('error_code'), answer.get('description')
        if code != status or not isinstance(code, int) or code < 400:
            wrong.append(f'{name} answer: error_code {code!r} with HTTP {status}')
        if not isinstance(description, str) or not description.startswith(WORDS.get(status, ('\0',))):
            wrong.append(f'{name} answer: {description!r} are not the words of {status}')
        if 'parameters' in answer:
            wrong += [f'{name} answer {each}' for each in self.spec.value(answer['parameters'], ['ResponseParameters'], 'parameters')]
        if status == 429:
            wait = answer.get('parameters', {}).get('retry_after')
            if not wait or wait != entry.get('retry_after') or description != f'Too Many Requests: retry after {wait}':
                wrong.append(f'{name} answer: retry_after differs between parameters, header and words')
        return wrong

    def file(self, path, whole=True):
        """(lines, {finding: how often}); a line that is no JSON or shows a token is a finding. Of a file that is not `whole`,
        since somebody still writes to it, a last line without its end is left out."""
        count, found = 0, collections.Counter()
        with open(path, encoding='utf-8') as lines:
            for line in lines:
                if not whole and not line.endswith('\n'):
                    break
                count += 1
                if TOKEN.search(line):
                    found['a token is shown'] += 1
                try:
                    found.update(self.entry(json.loads(line)))
                except ValueError:
                    found['a line is no JSON'] += 1
        return count, found


def peer(entry):
    """Who made a request, by what he calls himself: 'console', 'bot' (of the demo fleet) or 'other'."""
    agent = entry.get('agent', '')
    return 'console' if agent.startswith('botswain') else 'bot' if agent.startswith('fleet-bot') else 'other'


def main(args):
    if len(args) < 2:
        sys.exit('usage: validate.py API.JSON EXCHANGE...')
    validator, total, bad = Validator(args[0]), 0, False
    for path in args[1:]:
        count, found = validator.file(path)
        total += count
        for finding, times in found.most_common():
            print(f'{path}: {finding} ({times} times)')
            bad = True
    print(f'{total} requests of {len(validator.seen)} methods against {validator.spec.version}')
    sys.exit(1 if bad or not total else 0)


if __name__ == '__main__':
    main(sys.argv[1:])
