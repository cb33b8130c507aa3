# SPDX-License-Identifier: Apache-2.0
"""What integration tests share: a truesrc to talk to, and TAP.

    from harness import Agent, tap, done
    with Agent('policies: {default: {}}') as agent:
        tap(agent.port > 0, 'it listens')
    done()

The programs are taken from the build directory in the environment variable B
(build/release by default). Ports are the kernel's choice: a configuration that
has no "listen" gets one TCP listener on loopback with port 0.
"""

import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / os.environ.get('B', 'build/release')
TRUESRC = BUILD / 'truesrc'
SLOW = {'asan': 5, 'tsan': 5, 'cov': 5, 'valgrind': 20}.get(BUILD.name, 1)

sys.path.insert(0, str(ROOT / 'tests' / 'tools'))

LISTEN = 'listen: [{address: "127.0.0.1:0"}]\n'

counts = {'run': 0, 'failed': 0}


# ---- TAP ----


def tap(ok, name, why=''):
    counts['run'] += 1
    if not ok:
        counts['failed'] += 1
    print(f'{"ok" if ok else "not ok"} {counts["run"]} - {name}', flush=True)
    if not ok and why != '':
        for line in str(why).splitlines():
            print(f'#   {line}', flush=True)
    return bool(ok)


def skip(name, why):
    counts['run'] += 1
    print(f'ok {counts["run"]} - {name} # SKIP {why}', flush=True)


def note(text):
    print(f'# {text}', flush=True)


def done():
    """The plan, at the end; leaves the program."""
    print(f'1..{counts["run"]}', flush=True)
    sys.exit(1 if counts['failed'] else 0)


def attempt(name, action, *arguments, **options):
    """One test: fails when the call raises. Gives what it returned."""
    try:
        result = action(*arguments, **options)
    except Exception as error:  # every failure is a test's failure
        tap(False, name, f'{type(error).__name__}: {error}')
        return None
    tap(True, name)
    return result


def raises(kind, action, *arguments, **options):
    """The exception of that kind which the call raised, or None."""
    try:
        action(*arguments, **options)
    except kind as error:
        return error
    return None


def wait_until(condition, seconds=5.0, pause=0.01):
    """The condition's last value: true as soon as it is."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(pause)


# ---- the agent ----

FIELD = re.compile(r'([a-z0-9_-]+)=("(?:[^"\\]|\\.)*"|\S*)')


def parse_logfmt(line):
    """A line of the log as a dict; text that was quoted is unquoted."""
    fields = {}
    for key, value in FIELD.findall(line):
        if value.startswith('"'):
            value = re.sub(r'\\(.)', r'\1', value[1:-1])
        fields[key] = value
    return fields


class Agent:
    """A running truesrc, with its own directory for configuration and log."""

    def __init__(self, config, args=(), nofile=None, files=None, wrap=()):
        """files: {name: text} put beside the configuration; nofile: its limit
        of descriptors; wrap: words before the program."""
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='truesrc-'))
        self.config_path = self.directory / 'truesrc.yaml'
        self.log_path = self.directory / 'log'
        self.args = list(args)
        self.nofile = nofile
        self.wrap = list(wrap)
        self.process = None
        self.addresses = []
        self.log_start = 0
        for name, text in (files or {}).items():
            self.write_file(name, text)
        self.write(config)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.remove()

    def write(self, config):
        """A new configuration; {dir} in it is the agent's directory."""
        config = config.replace('{dir}', str(self.directory))
        if not re.search(r'^listen:', config, re.MULTILINE):
            config = LISTEN + config
        self.write_file(self.config_path.name, config)

    def write_file(self, name, text):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def limit(self):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if self.nofile is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE,
                               (min(self.nofile, hard),) * 2)

    def launch(self):
        """Starts it and waits for nothing."""
        with open(self.log_path, 'ab') as log:
            self.log_start = log.tell()
            self.process = subprocess.Popen(
                [*self.wrap, str(TRUESRC), '-f', str(self.config_path),
                 *self.args],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=self.limit)
        return self

    def start(self, seconds=10.0):
        """Starts it and waits until it is ready; RuntimeError if it is not."""
        self.launch()
        ready = wait_until(lambda: self.events('ready') or
                           self.process.poll() is not None, seconds * SLOW)
        if not ready or self.process.poll() is not None:
            self.kill()
            raise RuntimeError(f'truesrc did not start:\n{self.log}')
        self.addresses = [event['address']
                          for event in self.events('listening')]
        return self

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        with open(self.log_path, 'rb') as log:
            log.seek(self.log_start)
            return log.read().decode('utf-8', 'replace')

    def events(self, name):
        """The log's lines of that event, each a dict."""
        fields = (parse_logfmt(line) for line in self.log.splitlines())
        return [field for field in fields if field.get('event') == name]

    @property
    def address(self):
        """Of the first listener: "127.0.0.1:41234", as spop.Peer takes it."""
        return self.addresses[0]

    @property
    def port(self):
        return int(self.address.rpartition(':')[2])

    def reload(self, config=None, seconds=10.0):
        """HUP, after writing config if given. The event of the outcome."""
        if config is not None:
            self.write(config)
        before = len(self.events('reload'))
        self.signal(signal.SIGHUP)
        wait_until(lambda: len(self.events('reload')) > before, seconds * SLOW)
        return self.events('reload')[before]

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=10.0):
        """Its exit code; None while it runs."""
        try:
            return self.process.wait(seconds * SLOW)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, seconds=15.0):
        """INT, and the exit code."""
        if self.process.poll() is None:
            self.signal(signal.SIGINT)
        code = self.wait(seconds)
        if code is None:
            self.kill()
        return code

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def remove(self):
        """Stops it and removes what it left; says so if it ends badly."""
        if self.process is not None:
            if self.process.poll() is None:
                code = self.stop()
                if code != 0:
                    tap(False, 'truesrc ends with 0', f'{code}\n{self.log}')
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    # -- what it costs --

    def rss(self):
        """Resident bytes."""
        with open(f'/proc/{self.pid}/statm') as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.pid}/fd'))

    def cpu(self):
        """Seconds of CPU so far."""
        with open(f'/proc/{self.pid}/stat') as stat:
            fields = stat.read().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
