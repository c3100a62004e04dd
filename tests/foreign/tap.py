# SPDX-License-Identifier: MIT
"""TAP for the tests of this folder: checks with sentences for names, what is missing skipped by name, the plan at the end."""
import os
import sys
import time
import traceback


class Missing(Exception):
    """What a test needs is not on this machine."""


class Tap:
    def __init__(self, prefix=''):
        self.prefix, self.number, self.failed = prefix, 0, False

    def result(self, good, title, *words):
        self.number += 1
        self.failed |= not good
        print(f'{"ok" if good else "not ok"} {self.number} - {self.prefix}{title}')
        if not good:
            for line in '\n'.join(str(word) for word in words).splitlines()[-40:]:
                print('#', line[:600])
        sys.stdout.flush()
        return good

    def skip(self, title, why):
        if os.environ.get('FOREIGN_REQUIRED'):
            return self.result(False, title, why)
        self.number += 1
        print(f'ok {self.number} - {self.prefix}{title} # SKIP {why}', flush=True)
        return True

    def check(self, title, function, *args):
        """`function` returns true or raises; an assertion's words are shown."""
        try:
            return self.result(function(*args) is not False, title)
        except Missing as missing:
            return self.skip(title, missing)
        except Exception:
            return self.result(False, title, traceback.format_exc())

    def end(self):
        print(f'1..{self.number}')
        return 1 if self.failed or not self.number else 0


def wait_until(seconds, condition, *args, every=0.05):
    """What `condition` returns as soon as it is true; fails when the time is over."""
    end = time.monotonic() + seconds
    while True:
        value = condition(*args)
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f'{getattr(condition, "__name__", "condition")}{args!r} is not so within {seconds} s: {value!r}')
        time.sleep(every)
