#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""soak.py [--seconds 600] [--answers 100000000] ...

Runs truesrc under full load for a long time, while its configuration is
reloaded each second, a list changes every few seconds, and connections come
and go. The load generator checks every answer; looked at here is what the
agent keeps: memory and descriptors. Ends by itself after --seconds, or before
that with --answers. Prints TAP.

The programs are those of the build directory in the environment variable B.
"""

import argparse
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tests' / 'integration'))

from harness import (Agent, BUILD, SLOW, done, note, tap,  # noqa: E402
                     wait_until)

LOAD = BUILD / 'tests' / 'load'
MEBI = 1 << 20
ANSWERS_MIN = 2e7  # that a growth is told from
SANITIZED = BUILD.name in ('asan', 'tsan')

CONFIG = '''\
listen:
  - address: 127.0.0.1:0
  - address: unix:{dir}/spop.sock
threads: %d
limits: {connections: 1000}
'''


def arguments():
    parser = argparse.ArgumentParser(
        description='truesrc under load for a long time')
    parser.add_argument('--seconds', type=float, default=600)
    parser.add_argument('--answers', type=int, default=0,
                        help='stop after so many (no limit)')
    parser.add_argument('--connections', type=int, default=32)
    parser.add_argument('--depth', type=int, default=20)
    parser.add_argument('--rate', type=float, default=0,
                        help='answers a second (as many as there can be)')
    parser.add_argument('--churn', type=int, default=20000,
                        help='answers on a connection until it is closed')
    parser.add_argument('--prefixes', type=int, default=100000)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--reload', type=float, default=1,
                        help='seconds between reloads')
    parser.add_argument('--change', type=float, default=5,
                        help='seconds between changes of the list')
    parser.add_argument('--growth', type=float, default=1,
                        help='MiB that 10 million answers may cost')
    return parser.parse_args()


# ---- the load generator ----


class Load:
    """The running load generator; its report is read as it comes."""

    def __init__(self, options, agent):
        self.answers = 0
        self.lines = []
        command = [LOAD, '-c', options.connections, '-d', options.depth,
                   '-k', options.churn, '-p', options.prefixes,
                   '-t', options.seconds, '-n', options.answers,
                   '-r', options.rate, '-P', agent.pid, '-u', options.reload,
                   '-m', int(options.seconds / options.change) + 1, '-T', 10 * SLOW, '-g', 2 * SLOW, '-i', 1, *agent.addresses]
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            words = line.split()
            if words[:2] == ['#', 'at']:
                self.answers = int(words[4])
            else:
                self.lines.append(line.rstrip())

    def runs(self):
        return self.process.poll() is None

    def finish(self, seconds):
        """Its exit code, when it ends in time."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(5)
        return self.process.returncode

    def figure(self, name):
        """The number behind that word in the report."""
        for line in self.lines:
            words = line.split()
            if line.startswith('#') and name in words:
                return float(words[words.index(name) + 1])
        return 0.0


# ---- what is watched ----


class Watch:
    """A sample each second: answers so far, resident bytes, descriptors."""

    def __init__(self, agent, load):
        self.agent = agent
        self.load = load
        self.samples = []

    def take(self):
        sample = (self.load.answers, self.agent.rss(),
                  self.agent.descriptors())
        self.samples.append(sample)
        if len(self.samples) % 60 == 0:
            note(f'after {len(self.samples)} s: {sample[0]} answers, '
                 f'{sample[1] / MEBI:.1f} MiB, {sample[2]} descriptors')

    def memory(self):
        return [rss / MEBI for _, rss, _ in self.samples]

    def growth(self):
        """MiB for 10 million answers in the second half, by least squares,
        and the error of that."""
        half = self.samples[len(self.samples) // 2:]
        xs = [answers / 1e7 for answers, _, _ in half]
        ys = [rss / MEBI for _, rss, _ in half]
        if len(half) < 4 or xs[-1] - xs[0] < ANSWERS_MIN / 1e7:
            return None
        mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
        width = sum((x - mean_x) ** 2 for x in xs)
        slope = sum((x - mean_x) * (y - mean_y)
                    for x, y in zip(xs, ys)) / width
        rest = sum((y - mean_y - slope * (x - mean_x)) ** 2
                   for x, y in zip(xs, ys))
        return slope, (rest / (len(half) - 2) / width) ** 0.5


def change_list(agent, odd):
    """Puts the other version of the list in the place of the one there is."""
    source = agent.directory / ('drop-odd.txt' if odd else 'drop-even.txt')
    new = agent.directory / 'drop.new'
    shutil.copyfile(source, new)
    os.replace(new, agent.directory / 'drop.txt')


def watch_load(options, agent, load):
    """Until the load ends. The samples, and how often the list changed."""
    watch = Watch(agent, load)
    began = time.monotonic()
    changes = 0
    while load.runs() and agent.process.poll() is None:
        time.sleep(1)
        passed = time.monotonic() - began
        if not load.runs():
            break
        watch.take()
        if passed >= (changes + 1) * options.change:
            changes += 1
            change_list(agent, changes % 2 == 1)
        if passed > options.seconds + 60 * SLOW:
            break
    return watch, changes


# ---- what is asked of it ----


def judge_memory(options, watch):
    name = 'memory does not grow'
    memory = watch.memory()
    growth = watch.growth()
    if memory:
        note(f'rss_mib first {memory[0]:.1f} last {memory[-1]:.1f} '
             f'least {min(memory):.1f} most {max(memory):.1f}')
    if growth is None or SANITIZED:
        note(f'{name}: not told, ' + ('too short' if growth is None else
                                      'sanitizers keep memory'))
        return
    slope, error = growth
    note(f'growth_mib_per_1e7_answers {slope:.3f} error {error:.3f}')
    tap(slope - 2 * error <= options.growth, name,
        f'{slope:.3f} MiB for 10 million answers, {error:.3f} more or less')


def judge_reloads(agent, load, changes):
    results = [event['result'] for event in agent.events('reload')]
    good = results.count('ok')
    waits = len(agent.events('reload-waits'))
    note(f'reloads asked {load.figure("reloads"):.0f} done {good} '
         f'waited {waits}; the list changed {changes} times')
    tap(0 < good == len(results), 'reloads succeed', results)


def judge(options, agent, load, watch, base, changes):
    code = load.finish(30 * SLOW)
    for line in load.lines:
        if not line.startswith('1..'):
            note(line.lstrip('# '))
    tap(code == 0, 'every answer is right, and none is lost', code)
    judge_reloads(agent, load, changes)
    judge_memory(options, watch)
    left = wait_until(lambda: agent.descriptors() == base, 5)
    most = max((sample[2] for sample in watch.samples), default=0)
    note(f'descriptors base {base} most {most} end {agent.descriptors()}')
    tap(left, 'descriptors are back where they were',
        f'{agent.descriptors()} instead of {base}')
    code = agent.stop()
    tap(code == 0, 'the agent ends with 0', f'{code}\n{agent.log[-4000:]}')


def run(options):
    agent = Agent(CONFIG.replace('%d', str(options.threads)))
    agent.args = ['-f', str(agent.directory / 'world.yaml')]
    load = None
    try:
        subprocess.run([LOAD, '-w', agent.directory,
                        '-p', str(options.prefixes)], check=True)
        shutil.copyfile(agent.directory / 'drop.txt',
                        agent.directory / 'drop-even.txt')
        agent.start(30)
        base = agent.descriptors()
        load = Load(options, agent)
        watch, changes = watch_load(options, agent, load)
        judge(options, agent, load, watch, base, changes)
    finally:
        if load is not None and load.runs():
            load.process.kill()
            load.process.wait()
        agent.remove()


# The agent must not outlive us.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
run(arguments())
done()
