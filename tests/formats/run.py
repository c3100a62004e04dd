#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""README.md here: what of the lines of other programs is understood: each source below writes its log, the real one where it is installed, and
`botswain logs` reads it. Time, level and message of each line are compared with what is read out of it here, by other means.
Prints TAP: of each source the lines and the share that is right; below 99 % it fails. Argument: the folder of the build."""
import calendar
import datetime
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BOTSWAIN_BUILD", "build"))
LEAST, LINES_LEAST, FOREVER_S = 99.0, 20, 20
NONE, TRACE, DEBUG, INFO, WARN, ERROR, FATAL = range(7)
WORDS = {"trace": TRACE, "debug": DEBUG, "info": INFO, "success": INFO, "notice": INFO, "log": INFO, "warning": WARN, "warn": WARN,
         "error": ERROR, "err": ERROR, "critical": FATAL, "crit": FATAL, "fatal": FATAL, "panic": FATAL, "dpanic": FATAL,
         "emerg": FATAL, "alert": FATAL, "debg": DEBUG, "erro": ERROR}
os.environ["TZ"] = "Asia/Tashkent"  # where times without a zone are meant
time.tzset()


class Skip(Exception):
    pass


def python():
    """Debian's modules are those of its own python3."""
    return "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


def output(*argv, **more):
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120, **more).stdout


def with_module(module, *argv):
    if subprocess.run([python(), "-c", f"import {module}"], stderr=subprocess.DEVNULL).returncode:
        raise Skip(f"there is no python3-{module}")
    return output(python(), *(os.path.join(HERE, argv[0]), *argv[1:]))


def script(name, *argv):
    return output(python(), os.path.join(HERE, name), *argv)


def pino():
    for modules in (os.path.join(BUILD, "foreign/node_modules"), os.environ.get("NODE_PATH", "/nowhere")):
        if shutil.which("node") and os.path.isdir(os.path.join(modules, "pino")):
            return output("node", os.path.join(HERE, "pino.js"), modules)
    raise Skip("there is no pino (make check-foreign gets it)")


def zap(*argv):
    gopath = "/usr/share/gocode"
    if not shutil.which("go") or not os.path.isdir(gopath + "/src/go.uber.org/zap"):
        raise Skip("there is no golang-go with golang-go.uber-zap-dev")
    with tempfile.TemporaryDirectory() as cache:
        return output("go", "run", os.path.join(HERE, "zap.go"), *argv,
                      env={**os.environ, "GO111MODULE": "off", "GOPATH": gopath, "GOCACHE": cache, "GOFLAGS": ""})


def started(argv, ready, ask, top):
    """What a server logs between its start and its end; it is ended by its process id."""
    server = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=top)
    try:
        until = time.monotonic() + FOREVER_S
        while not ready():
            if time.monotonic() > until or server.poll() is not None:
                raise Skip(f"{argv[0]} does not start here")
            time.sleep(0.02)
        ask()
    finally:
        server.terminate()
        server.wait()


def needs(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"there is no {program}")


def nginx(which):
    needs("nginx")
    with tempfile.TemporaryDirectory() as top:
        os.makedirs(top + "/www")
        with open(top + "/www/index.html", "w", encoding="ascii") as page:
            page.write("well\n")
        with open(HERE + "/nginx.conf", encoding="ascii") as conf:
            text = conf.read().replace("FOLDER", top)
        if os.geteuid() == 0:
            text = "user root;\n" + text
        with open(top + "/nginx.conf", "w", encoding="ascii") as conf:
            conf.write(text)

        def ask():
            for i in range(24):
                with socket.socket(socket.AF_UNIX) as client:
                    client.connect(top + "/nginx.sock")
                    path = ("/", "/missing", "/down", "/none")[i % 4]
                    client.sendall(f"GET {path}?n={i} HTTP/1.0\r\nUser-Agent: a \"test\"\r\n\r\n".encode())
                    while client.recv(4096):
                        pass

        started(["nginx", "-p", top, "-c", top + "/nginx.conf", "-e", top + "/error.log"], lambda: os.path.exists(top + "/nginx.sock"),
                ask, top)
        with open(f"{top}/{which}.log", "rb") as log:
            return log.read()


def redis():
    needs("redis-server", "redis-cli")
    with tempfile.TemporaryDirectory() as top:
        sock = top + "/redis.sock"

        def ask():
            for i in range(6):
                output("redis-cli", "-s", sock, "set", f"k{i}", "v")
                output("redis-cli", "-s", sock, "save")
                output("redis-cli", "-s", sock, "bgsave")
                while "rdb_bgsave_in_progress:0" not in str(output("redis-cli", "-s", sock, "info", "persistence")):
                    pass  # its next save would be refused

        started(["redis-server", "--port", "0", "--unixsocket", sock, "--dir", top, "--logfile", top + "/log", "--loglevel", "verbose"],
                lambda: os.path.exists(sock), ask, top)
        with open(top + "/log", "rb") as log:
            # the picture at its start is no line
            return b"".join(line for line in log if re.match(rb"\d+:[A-Z] ", line))


def postgres():
    tools = sorted(f"/usr/lib/postgresql/{v}/bin" for v in os.listdir("/usr/lib/postgresql")) if os.path.isdir("/usr/lib/postgresql") else []
    if not tools:
        raise Skip("there is no postgresql")
    who = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as top:
        if who:
            shutil.chown(top, "postgres")
        run = {"cwd": top, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "timeout": 120}
        subprocess.run([*who, tools[-1] + "/initdb", "-A", "trust", "-U", "ada", top + "/data"], **run, check=True)
        options = f"-c listen_addresses= -k {top} -c log_timezone=UTC -c log_connections=on -c log_statement=all"
        subprocess.run([*who, tools[-1] + "/pg_ctl", "-D", top + "/data", "-l", top + "/log", "-o", options, "-w", "start"], **run, check=True)
        try:
            for statement in ["select 1", "select 1/0", "select *\n  from nothing_such"] * 4:
                subprocess.run(["psql", "-h", top, "-U", "ada", "-c", statement, "postgres"], **run, check=False)
        finally:
            subprocess.run([*who, tools[-1] + "/pg_ctl", "-D", top + "/data", "-m", "fast", "stop"], **run, check=True)
        with open(top + "/log", "rb") as log:
            return log.read()


def supervisord():
    needs("supervisord")
    with tempfile.TemporaryDirectory() as top:
        with open(top + "/conf", "w", encoding="ascii") as conf:
            conf.write(f"[supervisord]\nnodaemon=true\nlogfile={top}/log\npidfile={top}/pid\nloglevel=debug\nchildlogdir={top}\n"
                       + "".join(f"[program:bot{i}]\ncommand=/bin/sh -c 'exit {i % 2}'\nstartsecs=0\nautorestart=false\n" for i in range(8)))

        def count():
            if not os.path.exists(top + "/log"):
                return 0
            with open(top + "/log", "rb") as log:
                return len(re.findall(rb" exited: | gave up: ", log.read()))

        started(["supervisord", "-c", top + "/conf"], lambda: count() >= 8, lambda: None, top)
        with open(top + "/log", "rb") as log:
            return log.read()


# ---- what is in a line, read here: (wall ms, level, message), None where it goes on from the line before ----


def epoch(text, form, utc=False):
    """`text` without its fraction, by strptime; local unless it is said."""
    parsed = time.strptime(text, form)
    return int(calendar.timegm(parsed) if utc else time.mktime(parsed)) * 1000


def iso(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def of_pino(line):
    fields = json.loads(line)
    return fields["time"], fields["level"] // 10, fields["msg"]


def of_structlog(line):
    fields = json.loads(line)
    return iso(fields["timestamp"]), WORDS[fields["level"]], fields["event"]


def of_structlog_console(line):
    found = re.match(r"(\S+ \S+) \[(\w+) *\] (.*)", line)
    return epoch(found[1], "%Y-%m-%d %H:%M:%S"), WORDS[found[2]], found[3]


def of_loguru(line):
    record = json.loads(line)["record"]
    return round(record["time"]["timestamp"] * 1000), WORDS[record["level"]["name"].lower()], (record["message"], json.loads(line)["text"])


def of_loguru_text(line):
    found = re.match(r"(\S+ [\d:]+)\.(\d{3}) \| (\w+) *\| [^ ]+ - (.*)", line)
    return found and (epoch(found[1], "%Y-%m-%d %H:%M:%S") + int(found[2]), WORDS[found[3].lower()], found[4])


def of_logging(pattern):
    def of(line):
        found = re.match(pattern, line)
        return found and (epoch(found[1], "%Y-%m-%d %H:%M:%S") + int(found[2]), WORDS[found[3].lower()], found[4])
    return of


def of_zap(line):
    fields = json.loads(line)
    return int(fields["ts"] * 1000), WORDS[fields["level"]], fields["msg"]


def of_zap_console(line):
    stamp, level, message = line.split("\t", 2)
    return iso(stamp[:-2] + ":" + stamp[-2:] if stamp[-5] in "+-" else stamp), WORDS[level.lower()], message.split("\t", 1)[1]


def of_logfmt(line):
    fields = dict(re.findall(r'(\w+)=((?:"(?:[^"\\]|\\.)*")|\S*)', line))
    return iso(fields["time"]), WORDS[fields["level"]] , re.sub(r"\\(.)", r"\1", fields["msg"][1:-1])


def of_access(line):
    found = re.match(r'\S* \S* \S+ \[([^]]+)\] ("(?:[^"\\]|\\.)*" (\d)\d\d .*)', line)
    stamp = datetime.datetime.strptime(found[1], "%d/%b/%Y:%H:%M:%S %z")
    return int(stamp.timestamp()) * 1000, {"5": ERROR, "4": WARN}.get(found[3], INFO), found[2]


def of_error(line):
    found = re.match(r"(\S+ \S+) \[(\w+)\] \d+#\d+: (.*)", line)
    return epoch(found[1], "%Y/%m/%d %H:%M:%S"), WORDS[found[2]], found[3]


def of_redis(line):
    found = re.match(r"\d+:[A-Z] (.+?)\.(\d{3}) ([.*#-]) (.*)", line)
    return (epoch(found[1], "%d %b %Y %H:%M:%S") + int(found[2]), {".": DEBUG, "-": DEBUG, "*": INFO, "#": WARN}[found[3]], found[4])


def of_postgres(line):
    found = re.match(r"(\S+ [\d:]+)\.(\d{3}) UTC \[\d+\] (?:\w+@\w+ )?(\w+):  (.*)", line)
    more = ("statement", "detail", "hint", "context")  # of the line before
    return found and (epoch(found[1], "%Y-%m-%d %H:%M:%S", True) + int(found[2]),
                      None if found[3].lower() in more else WORDS[found[3].lower()], found[4])


def of_supervisord(line):
    found = re.match(r"(\S+ [\d:]+),(\d{3}) ([A-Z]+) (.*)", line)
    return epoch(found[1], "%Y-%m-%d %H:%M:%S") + int(found[2]), WORDS[found[3].lower()], found[4]


STAMP = r"(\d{4}-\d\d-\d\d [\d:]+),(\d{3})"
SOURCES = (
    ("pino", pino, of_pino),
    ("structlog", lambda: with_module("structlog", "structlog_lines.py"), of_structlog),
    ("structlog for people", lambda: with_module("structlog", "structlog_lines.py", "console"), of_structlog_console),
    ("loguru, serialized", lambda: with_module("loguru", "loguru_lines.py"), of_loguru),
    ("loguru with a traceback", lambda: with_module("loguru", "loguru_lines.py", "text"), of_loguru_text),
    ("python logging with tracebacks", lambda: script("logging_lines.py", "0"), of_logging(STAMP + r" - \S+ - (\w+) - (.*)")),
    ("python logging, level first", lambda: script("logging_lines.py", "1"), of_logging(STAMP + r" (\w+) +\[[^]]+\] (.*)")),
    ("python logging as Flask's", lambda: script("logging_lines.py", "2"), of_logging(r"\[" + STAMP + r"\] (\w+) in \w+: (.*)")),
    ("zap", zap, of_zap),
    ("zap for people", lambda: zap("dev"), of_zap_console),
    ("zap's format, written here", lambda: script("written.py", "zap"), of_zap),
    ("logfmt, written here", lambda: script("written.py", "logfmt"), of_logfmt),
    ("nginx, access", lambda: nginx("access"), of_access),
    ("nginx, errors", lambda: nginx("error"), of_error),
    ("redis-server", redis, of_redis),
    ("postgres", postgres, of_postgres),
    ("supervisord", supervisord, of_supervisord),
)


def read(log):
    """The rows of botswain; a line without a time of its own would have that of the file, long ago."""
    with tempfile.TemporaryDirectory() as top:
        path = top + "/a.log"
        with open(path, "wb") as file:
            file.write(log)
        os.utime(path, (1000000000, 1000000000))
        said = subprocess.run([BUILD + "/botswain", "logs", "-n", "all", "--jsonl", path], stdout=subprocess.PIPE, timeout=60, check=True)
    return [json.loads(row) for row in said.stdout.splitlines()]


def is_message(row, wanted):
    shown = lambda text: "".join(text.replace("\\n", "\n").split()).replace("⏎", "")
    either = wanted if isinstance(wanted, tuple) else (wanted,)
    return any(shown(row["text"]) == shown(text) for text in either)


def judge(log, of):
    """Of each physical line whether its time, level and message are right; and the first that is not."""
    right, wrong, last = [0, 0, 0], "", None
    lines = [line for line in log.decode().split("\n") if line]
    rows = [row for row in read(log) if row["line"]]
    if len(rows) != len(lines):
        return 0, [0, 0, 0], f"{len(lines)} lines are {len(rows)} rows"
    for line, row in zip(lines, rows):
        wanted = of(line) if line else None
        goes_on = wanted is None or wanted[1] is None
        if goes_on:
            wanted = (wanted or last)[0], last[1], None
        last = wanted
        at = round(datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00")).timestamp() * 1000)
        good = (abs(at - wanted[0]) <= 1, row["level"] == wanted[1] or (goes_on and row["level"] == ERROR),
                row["cont"] if goes_on else is_message(row, wanted[2]))
        right = [a + bool(b) for a, b in zip(right, good)]
        if not all(good) and not wrong:
            wrong = f"{line!r} is {row}, not {wanted}"
    return len(lines), right, wrong


def main():
    failed = 0
    print(f"1..{len(SOURCES)}")
    for number, (name, make, of) in enumerate(SOURCES, 1):
        try:
            lines, right, wrong = judge(make(), of)
        except Skip as why:
            print(f"ok {number} - {name} # SKIP {why}", flush=True)
            continue
        shares = [100.0 * count / lines if lines else 0 for count in right]
        good = lines >= LINES_LEAST and min(shares) >= LEAST
        failed += not good
        print(f"{'' if good else 'not '}ok {number} - {name}: {lines} lines, time {shares[0]:.1f} %, level {shares[1]:.1f} %, "
              f"message {shares[2]:.1f} %", flush=True)
        if wrong:
            print(f"# {wrong}")
    sys.exit(failed > 0)


main()
