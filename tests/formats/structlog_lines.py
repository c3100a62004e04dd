# SPDX-License-Identifier: MIT
"""Lines of the real structlog: as JSON, or (argument: console) for people."""
import sys

import structlog

console = sys.argv[1:] == ["console"]
last = [structlog.dev.ConsoleRenderer(colors=False)] if console else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
stamp = structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S" if console else "iso", utc=not console)
structlog.configure(processors=[structlog.processors.add_log_level, stamp, *last])
log = structlog.get_logger()
for i in range(24):
    getattr(log, ("debug", "info", "warning", "error", "critical")[i % 5])(f"handled update {i}", chat=42 + i, ms=i * 10)
bound = log.bind(bot="shop", correlation_id="a-1")
bound.info("with a bot")
if not console:
    try:
        raise ValueError("it broke")
    except ValueError:
        bound.exception("could not answer")
