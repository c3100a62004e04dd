# SPDX-License-Identifier: MIT
"""Lines in documented formats of what is not at hand everywhere, written here: zap's production encoder, and logfmt."""
import json
import sys
import time

levels = ("debug", "info", "warn", "error", "dpanic", "panic", "fatal")
for i in range(28):
    now, level = time.time(), levels[i % len(levels)]
    if sys.argv[1] == "zap":
        print(json.dumps({"level": level, "ts": now, "caller": "bot/main.go:42", "msg": f"handled update {i}", "n": i,
                          **({"stacktrace": "main.main\n\t/src/main.go:42"} if i % 7 > 2 else {})}, separators=(",", ":")))
    else:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"
        print(f'time={stamp} level={level} msg="handled \\"update\\" {i}" chat={42 + i} took={i}ms bot=shop')
