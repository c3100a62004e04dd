# SPDX-License-Identifier: MIT
"""Lines of Python's logging in its usual formats (argument: 0 to 2), with tracebacks."""
import logging
import sys

formats = ("%(asctime)s - %(name)s - %(levelname)s - %(message)s",
           "%(asctime)s %(levelname)-8s [%(name)s:%(lineno)d] %(message)s",
           "[%(asctime)s] %(levelname)s in %(module)s: %(message)s")
logging.basicConfig(stream=sys.stdout, level=0, format=formats[int(sys.argv[1])])
log = logging.getLogger("bot.handlers")
for i in range(24):
    log.log((10, 20, 30, 40, 50)[i % 5], "handled update %d (chat=%d)", i, 42 + i)
    if i % 8 == 7:
        try:
            raise RuntimeError("it broke") from ValueError("because")
        except RuntimeError:
            log.exception("could not answer")
