# SPDX-License-Identifier: MIT
"""The fleet's Bot API server with an exchange, bots of others as processes, and a client that plays their rivals."""
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import tap

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / os.environ.get('BOTSWAIN_BUILD', 'build')
MODULES = ROOT / 'build' / 'foreign' / 'node_modules'
CORPUS = pathlib.Path(os.environ.get('BOTSWAIN_CORPUS', ROOT.parent / 'shared' / 'corpus')) / 'botapi' / 'api.min.json'
AGENT = 'rival'  # what world.request() calls itself
SECRET = 'AAcanaryCanary0canaryCanary0canary-_'


def corpus():
    if not CORPUS.is_file():
        raise tap.Missing('the corpus is missing: shared/corpus/botapi beside the project')
    return CORPUS


def modules(name):
    if not shutil.which('node') or not (MODULES / name / 'package.json').is_file():
        raise tap.Missing(f'npm package {name} is missing: make check-foreign installs it where npm is')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class JsonLines:
    """The JSON objects of a file that somebody else appends to, each read once; other lines are passed over."""

    def __init__(self, path):
        self.path, self.at, self.objects = path, 0, []

    def read(self):
        with open(self.path, 'rb') as file:
            file.seek(self.at)
            for line in file:
                if not line.endswith(b'\n'):
                    break
                self.at += len(line)
                if line.startswith(b'{'):
                    try:
                        self.objects.append(json.loads(line))
                    except ValueError:
                        pass
        return self.objects


class World:
    """One server and what runs against it; everything ends with it."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='botswain-foreign.'))
        self.exchange_file, self.processes, self.bots = self.dir / 'exchange.jsonl', [], 0
        self.lines = JsonLines(self.exchange_file)
        self.run('botapi', [BUILD / 'fleet' / 'botapi', '--dir', self.dir, '--exchange', self.exchange_file])
        # botapi.port is the last that is written
        self.port = tap.wait_until(10, self._port, 'botapi')
        self.control_port = self._port('control')
        self.api = f'http://127.0.0.1:{self.port}'

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_all()
        shutil.rmtree(self.dir, ignore_errors=True)

    def _port(self, name):
        try:
            return int((self.dir / f'{name}.port').read_text())
        except (OSError, ValueError):
            return 0

    def run(self, name, command, env=None):
        process = Process(name, command, self.dir / f'{name}.log', env)
        self.processes.append(process)
        return process

    def stop_all(self):
        for process in reversed(self.processes):
            process.stop()

    # ---- the server ----

    def control(self, route, **body):
        status, answer = request(self.control_port, f'/control/{route}', body)
        assert status == 200, f'control {route} {body}: {answer}'
        return answer['result']

    def new_bot(self, name):
        self.bots += 1
        token = f'{7200000000 + self.bots}:{SECRET}'
        self.control('bots', name=name, token=token)
        return token

    def call(self, token, method, seconds=0, **params):
        """(HTTP status, answer) of a request as any client makes it; `seconds` is how long a getUpdates waits."""
        if seconds:
            params['timeout'] = seconds
        return request(self.port, f'/bot{token}/{method}', params, seconds + 20)

    def exchange(self, token=None, method=None):
        """What has been said so far, in the order of the answers."""
        bot = int(token.split(':')[0]) if token else None
        return [entry for entry in self.lines.read() if (bot is None or entry['bot'] == bot) and
                (method is None or entry['method'].lower() == method.lower())]


class Process:
    def __init__(self, name, command, log, env=None):
        self.name, self.log, self.lines = name, log, JsonLines(log)
        with open(log, 'ab') as out:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})

    def text(self):
        return self.log.read_text(errors='replace')

    def said(self):
        """The JSON objects among the lines of its output."""
        return self.lines.read()

    def status(self):
        """The exit status, None while it runs."""
        return self.process.poll()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def fetch(port, path):
    """(HTTP status, the bytes)."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
    try:
        connection.request('GET', path, headers={'User-Agent': AGENT})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def send_form(port, path, fields, name, filename, content):
    """request() with a file, as browsers send it."""
    parts = [f'--limit\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in fields.items()]
    parts.append(f'--limit\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
                 'Content-Type: text/plain\r\n\r\n'.encode() + content + b'\r\n--limit--\r\n')
    return request(port, path, b''.join(parts), headers={'Content-Type': 'multipart/form-data; boundary=limit'})


def request(port, path, params, timeout=20, headers=None):
    """(HTTP status, the JSON document, or the text of what is none) of a POST; `params` are sent as JSON, bytes as they are."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout)
    try:
        body = params if isinstance(params, bytes) else json.dumps(params)
        connection.request('POST', path, body, {'Content-Type': 'application/json', 'User-Agent': AGENT, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode('utf-8', 'replace')
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text
    finally:
        connection.close()
