# SPDX-License-Identifier: MIT
"""Lines of the real loguru: serialized, or (argument: text) in its own format, with a traceback."""
import sys

from loguru import logger

text = sys.argv[1:] == ["text"]
logger.remove()
logger.add(sys.stdout, level=0, colorize=False, serialize=not text)
for i in range(24):
    getattr(logger, ("trace", "debug", "info", "success", "warning", "error", "critical")[i % 7])("handled update {}", i)
logger.bind(bot="shop", correlation_id="a-1", chat=42).info("with a bot")
try:
    {}["missing"]
except KeyError:
    logger.exception("could not answer")
logger.info("after it")
