#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a .test file of random series and queries whose results are Prometheus' own.

against_prometheus.py FOLDER SEED COUNT: a Prometheus (Debian has 2.42) is started on loopback with its data in FOLDER, and FOLDER/
seed-SEED.test is written. Prometheus 3 looks at windows that are open on the left, 2.42 at closed ones, so no sample here is on an
edge: samples come at multiples of 15 s, queries look at moments 3 ms behind a second. What else 2.42 does in another way is not
asked for: counters near 0 (rate and increase read none but high ones), the spread of a single NaN, names behind atan2, filters
between many and one, and predict_linear at a fixed time, of which its range queries move the window.
"""
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

STEP, SAMPLES = 15, 240
RANGES = ['1m', '2m', '5m', '10m', '47s']


def make_series(rng):
    """name -> {labels: values}; None is a gap."""
    series = {'c_total': {}, 'd_total': {}, 'g': {}, 'h_bucket': {}, 'info': {}}
    hosts, jobs = ['a', 'b', 'c'], ['api', 'web']
    for host in hosts:
        for job in jobs:
            for name, most in (('c_total', 30), ('d_total', 7)):
                value, values = rng.randrange(50000, 90000), []
                for _ in range(SAMPLES):
                    value = rng.randrange(40000, 50000) if rng.random() < .01 else value + rng.randrange(most)
                    values.append(value)
                series[name][(('host', host), ('job', job))] = values
            series['g'][(('host', host), ('job', job))] = gauge(rng)
        series['info'][(('host', host), ('version', 'v' + host))] = [1] * SAMPLES
    for job in jobs:
        counts = {bound: 100000 for bound in ('0.1', '0.5', '1', '+Inf')}
        rows = {bound: [] for bound in counts}
        for _ in range(SAMPLES):
            more = 0
            for bound in counts:
                more += rng.randrange(5)
                counts[bound] += more
                rows[bound].append(counts[bound])
        for bound in counts:
            series['h_bucket'][(('job', job), ('le', bound))] = rows[bound]
    return series


def gauge(rng):
    values, silent = [], 0
    for _ in range(SAMPLES):
        if rng.random() < .02:
            silent = rng.randrange(1, 40)
        silent = max(0, silent - 1)
        values.append(None if silent else rng.choice([round(rng.uniform(-100, 100), 3), rng.randrange(5)]))
    return values


def labels_text(labels):
    return '{' + ','.join(f'{name}="{value}"' for name, value in sorted(labels)) + '}'


def open_metrics(series):
    kinds = {'c_total': ('c', 'counter'), 'd_total': ('d', 'counter'), 'g': ('g', 'gauge'), 'h_bucket': ('h_bucket', 'unknown'),
             'info': ('info', 'gauge')}
    lines = []
    for name, rows in series.items():
        lines.append('# TYPE %s %s' % kinds[name])
        for labels, values in rows.items():
            lines += [f'{name}{labels_text(labels)} {value} {i * STEP}' for i, value in enumerate(values) if value is not None]
    return '\n'.join(lines + ['# EOF', ''])


def load_lines(series):
    lines = [f'load {STEP}s']
    for name, rows in series.items():
        for labels, values in rows.items():
            lines.append(f'  {name}{labels_text(labels)} ' + ' '.join('_' if v is None else str(v) for v in values))
    return lines + ['']


class Queries:
    def __init__(self, rng):
        self.rng = rng

    def one(self, *choices):
        return self.rng.choice(choices)

    def matchers(self):
        return self.one('', '', '{job="api"}', '{host!="b"}', '{host=~"a|b"}', '{job!~"w.*"}', '{host="a",job="web"}')

    def shift(self):
        return self.one('', '', '', ' offset 2m', ' offset -90s', ' @ 1807.003', ' @ end()', ' @ start() offset 1m')

    def selector(self):
        return self.one('c_total', 'd_total', 'g', 'g') + self.matchers()

    def window(self, depth):
        if depth and self.rng.random() < .25:
            return f'({self.vector(depth - 1)})[{self.one("2m", "5m")}:{self.one("7001ms", "41003ms")}]{self.shift()}'
        return f'{self.selector()}[{self.one(*RANGES)}]{self.shift()}'

    def over_window(self, depth):
        name = self.one('rate', 'increase', 'delta', 'irate', 'idelta', 'changes', 'resets', 'deriv', 'sum_over_time',
                        'avg_over_time', 'min_over_time', 'max_over_time', 'count_over_time', 'last_over_time',
                        'present_over_time', 'stddev_over_time', 'stdvar_over_time', 'absent_over_time')
        if self.rng.random() < .1:
            return f'quantile_over_time({self.one("0", "0.3", "0.5", "0.99", "1")}, {self.window(depth)})'
        if self.rng.random() < .1:
            return f'predict_linear(g{self.matchers()}[{self.one(*RANGES)}], {self.one("60", "3600", "-30")})'
        if name in ('rate', 'increase'):
            return f'{name}({self.one("c_total", "d_total")}{self.matchers()}[{self.one(*RANGES)}]{self.shift()})'
        return f'{name}({self.window(depth)})'

    def aggregate(self, depth):
        by = self.one('', '', 'by (job) ', 'by (host) ', 'without (host) ', 'by (none) ', 'by (job, host) ', 'without (le, job) ')
        inner = self.vector(depth - 1)
        if self.rng.random() < .15:
            return f'quantile {by}({self.one("0.1", "0.5", "0.9")}, {inner})'
        if self.rng.random() < .1:
            return f'{self.one("topk", "bottomk")} {by}({self.one("1", "2", "3")}, avg_over_time(g{self.matchers()}[{self.one(*RANGES)}]))'
        if self.rng.random() < .1:
            return f'count_values {by}("v", round({inner}))'
        if self.rng.random() < .1:
            return f'{self.one("stddev", "stdvar")} {by}({self.selector()}{self.shift()})'
        return f'{self.one("sum", "avg", "min", "max", "count", "group")} {by}({inner})'

    def binary(self, depth):
        left, right = self.vector(depth - 1), self.vector(depth - 1)
        arithmetic = self.one('+', '-', '*', '/', '%', '^')
        compare = self.one('==', '!=', '<', '<=', '>', '>=')
        number = self.one('0', '1', '2.5', '-3', '1e3', '60', 'time()', f'scalar({self.vector(0)})')
        how = self.one('', '', 'on(job, host) ', 'ignoring(host) ', 'on(host) ')
        return self.one(
            f'{left} {arithmetic} {number}', f'{number} {arithmetic} {left}', f'{left} {compare} {number}',
            f'{number} {compare} bool {left}', f'{left} {arithmetic} {how}{right}', f'{left} {compare} {right}',
            f'{left} {compare} bool {how}{right}', f'{left} and {how}{right}', f'{left} or {how}{right}',
            f'{left} unless {how}{right}', f'{left} {arithmetic} on(host) group_left(version) info',
            f'info {compare} on(host) group_right(version) {left}', f'{left} * on(job) group_left sum by (job) ({right})')

    def call(self, depth):
        inner = self.vector(depth - 1)
        name = self.one('abs', 'ceil', 'floor', 'sgn', 'sqrt', 'ln', 'log2', 'exp', 'sin', 'cos', 'atan', 'tanh', 'deg', 'rad',
                        'absent', 'timestamp', 'sort', 'round')
        date = self.one('hour', 'minute', 'day_of_week', 'day_of_month', 'day_of_year', 'month', 'year', 'days_in_month')
        return self.one(
            f'{name}({inner})', f'{name}({inner})', f'{date}({self.selector()} * 1e6)', f'clamp({inner}, -1, 50)', f'clamp_min({inner}, 3)',
            f'clamp_max({inner}, 3)', f'round({inner}, 0.5)', f'-({inner})', f'vector(scalar({inner}))',
            f'label_replace({inner}, "x", "$1-$2", "host", "(.)()")', f'label_replace({inner}, "job", "", "job", "(.*)")',
            f'label_join({inner}, "x", "/", "host", "job")', f'label_replace({inner}, "host", "h", "host", ".*")')

    def histogram(self):
        window = self.one(*RANGES)
        return self.one(
            f'histogram_quantile({self.one("0", "0.1", "0.5", "0.9", "0.99", "1")}, rate(h_bucket[{window}]))',
            f'histogram_quantile(0.7, sum by (le) (increase(h_bucket[{window}])))')

    def vector(self, depth):
        if depth <= 0:
            return self.one(self.selector() + self.shift(), self.over_window(0), self.histogram())
        text = self.one(self.over_window, self.aggregate, self.binary, self.binary, self.call)(depth)
        return f'({text})'


class Prometheus:
    def __init__(self, folder, text):
        with open(f'{folder}/series.txt', 'w', encoding='utf-8') as file:
            file.write(text)
        with open(f'{folder}/prometheus.yml', 'w', encoding='utf-8') as file:
            file.write('global: {}\n')
        subprocess.run(['promtool', 'tsdb', 'create-blocks-from', 'openmetrics', f'{folder}/series.txt', f'{folder}/data'],
                       check=True, stdout=subprocess.DEVNULL)
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            self.address = '127.0.0.1:%d' % free.getsockname()[1]
        with open(f'{folder}/log', 'w', encoding='utf-8') as log:
            self.process = subprocess.Popen(
                ['prometheus', f'--config.file={folder}/prometheus.yml', f'--storage.tsdb.path={folder}/data',
                 f'--web.listen-address={self.address}', '--storage.tsdb.retention.time=100y'], stdout=log, stderr=log)
        for _ in range(200):
            try:
                with urllib.request.urlopen(f'http://{self.address}/-/ready', timeout=5):
                    return
            except OSError:
                time.sleep(.1)
        self.end()
        sys.exit(f'{folder}: Prometheus did not start, see log')

    def ask(self, path, **fields):
        url = f'http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(fields)}'
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def end(self):
        self.process.terminate()
        self.process.wait()


def row(metric, values):
    labels = dict(metric)
    name = labels.pop('__name__', '')
    return f'  {name}{labels_text(labels.items())} ' + ' '.join(values)


def rows_of(answer, moments):
    data = answer['data']
    if data['resultType'] == 'scalar':
        return ['  ' + data['result'][1]]
    if data['resultType'] == 'vector':
        return [row(one['metric'], [one['value'][1]]) for one in data['result']]
    rows = []
    for one in data['result']:
        at = {round(moment * 1000): value for moment, value in one['values']}
        rows.append(row(one['metric'], [at.get(moment, '_') for moment in moments]))
    return rows


def case(prometheus, rng, query):
    start = rng.randrange(5, 3500) * 1000 + 3
    if rng.random() < .5:
        step, count = rng.choice([1000, 13000, 61000]), rng.randrange(2, 12)
        end = start + step * (count - 1)
        answer = prometheus.ask('query_range', query=query, start=start / 1000, end=end / 1000, step=step / 1000)
        head, moments = f'eval range from {start}ms to {end}ms step {step}ms {query}', range(start, end + 1, step)
    else:
        answer = prometheus.ask('query', query=query, time=start / 1000)
        head, moments = f'eval instant at {start}ms {query}', None
        # An instant case is run as a step of a range query as well: that may fail a minute before or behind.
        around = prometheus.ask('query_range', query=query, start=start / 1000 - 60, end=start / 1000 + 60, step=60)
        if around['status'] != answer['status']:
            return []
    if answer['status'] == 'success':
        return [head] + rows_of(answer, moments) + ['']
    if answer.get('errorType') == 'bad_data':
        sys.exit(f'{query}: {answer["error"]}')
    return [head, '  expect fail', '']


def main():
    folder, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    series = make_series(rng)
    os.makedirs(folder, exist_ok=True)
    prometheus = Prometheus(folder, open_metrics(series))
    queries = Queries(rng)
    try:
        lines = load_lines(series)
        for _ in range(count):
            query = re.sub(r'^\((.*)\)$', r'(\1)', queries.vector(rng.randrange(4)))
            lines += case(prometheus, rng, query)
    finally:
        prometheus.end()
    with open(f'{folder}/seed-{seed}.test', 'w', encoding='utf-8') as file:
        file.write('\n'.join(lines))


main()
