#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""siege.py [--count 1000] [--storm 10000] [--rounds 20]

Slow and dead peers, so many of each kind, beside good load: the load loses
nothing, the bad are gone when their time is over and not before, descriptors
and memory return to where they were. Then all kinds at once, and storms: so
many connections in about a second, again and again. SIEGE_SCALE in the
environment: the deadlines are so much as long.
"""

import argparse
import gc
import resource
import signal
import subprocess
import sys
import time

from target import check_death, expect
from bad_peers import CONFIG, KINDS, storm
from harness import (BUILD, SLOW, Agent, attempt, done, note, tap,
                     wait_until)

LOAD = BUILD / 'tests' / 'load'
MEBI = 1 << 20
EARLY = 0.3
LATE = 1.0 * SLOW
# Kept on purpose: free buffers of the workers, and what a heap holds back.
GROWTH_MAX = 8 * MEBI
SANITIZED = BUILD.name in ('asan', 'tsan')


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument('--count', type=int, default=1000)
    parser.add_argument('--storm', type=int, default=10000)
    parser.add_argument('--rounds', type=int, default=20)
    parser.add_argument('--rate', type=int, default=2000 // SLOW,
                        help='questions a second of the good load')
    return parser.parse_args()


class Load:
    """The load generator, until it is stopped; it checks every answer."""

    def __init__(self, agent, rate):
        self.lines = []
        self.process = subprocess.Popen(
            [LOAD, '-c', '8', '-d', '20', '-r', str(rate), '-p', '1000',
             '-q', '50000', '-t', '3600', '-T', str(10 * SLOW), agent.address],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        output = self.process.communicate(timeout=60 * SLOW)[0]
        for line in output.splitlines():
            if line.startswith('#') or not line.startswith(('ok', '1..')):
                note(line.lstrip('# '))
        tap(self.process.returncode == 0, 'the load got every answer, and all '
            'of them are right', output)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Siege:
    def __init__(self, agent):
        self.agent = agent
        self.base = agent.descriptors()
        self.sources = 1

    def source(self):
        self.sources += 1
        return f'127.0.0.{self.sources}'

    def until(self, end, kinds, level):
        """Tends them until there are no more descriptors than that. When it
        was, or None."""
        while time.monotonic() < end:
            for kind in kinds:
                kind.tend()
            if self.agent.descriptors() <= level:
                return time.monotonic()
            time.sleep(0.02)
        return None

    def one_kind(self, make, count):
        kind = make(self.agent.address, count, self.source())
        expect(not kind.cost(), kind.cost())
        early = kind.first + kind.seconds - EARLY
        if time.monotonic() < early:
            self.until(early, [kind], 0)
            left = self.agent.descriptors() - self.base
            expect(left >= count, count - left, 'were gone too early')
        gone = self.until(kind.latest() + LATE, [kind], self.base)
        expect(gone, self.agent.descriptors() - self.base, 'are still there',
               f'{time.monotonic() - kind.last:.1f} s after the last began')
        why = kind.wrong()
        kind.close()
        expect(not why, why)
        note(f'{count} × {kind.name}: gone {gone - kind.first:.2f} s after '
             f'the first, {gone - kind.last:.2f} s after the last began')

    def all_kinds(self, count):
        kinds = [make(self.agent.address, count, self.source())
                 for make in KINDS]
        most = self.agent.descriptors() - self.base
        memory = self.agent.rss()
        latest = max(kind.latest() for kind in kinds)
        gone = self.until(latest + 2 * LATE, kinds, self.base)
        expect(gone, self.agent.descriptors() - self.base, 'are still there')
        for kind in kinds:
            kind.close()
        note(f'{count} of each of {len(kinds)} kinds, at most {most} at a '
             f'time, {memory / MEBI:.1f} MiB; gone {gone - latest:+.2f} s from '
             'when the last had to be')

    def storm(self, count):
        seconds = storm(self.agent.address, count, self.source())
        back = wait_until(lambda: self.agent.descriptors() <= self.base,
                          10 * SLOW)
        expect(back, self.agent.descriptors() - self.base, 'are left')
        return seconds


def storms(siege, options):
    rows = []
    for number in range(options.rounds):
        row = attempt(f'storm {number + 1} of {options.storm} connections',
                      siege.storm, options.storm)
        if row is not None:
            rows.append(row)
    for name, values in zip(('connected', 'greeted'), zip(*rows)):
        note(f'{options.storm} connections, {name}: best {min(values):.2f} s, '
             f'median {sorted(values)[len(values) // 2]:.2f} s, '
             f'worst {max(values):.2f} s')


def besiege(agent, options):
    siege = Siege(agent)
    # What is needed once, and what is kept.
    siege.all_kinds(max(options.count // 10, 60))
    siege.storm(options.storm)
    memory = agent.rss()
    load = Load(agent, options.rate)
    try:
        expect(wait_until(lambda: agent.descriptors() == siege.base + 8,
                          60 * SLOW), 'the load does not begin')
        siege.base = agent.descriptors()
        for kind in KINDS:
            attempt(f'{options.count} × {kind.name}', siege.one_kind, kind,
                    options.count)
        attempt(f'{options.count} of each kind at once', siege.all_kinds,
                options.count)
        storms(siege, options)
        load.stop()
    finally:
        load.kill()
    tap(wait_until(lambda: agent.descriptors() <= siege.base - 8, 5),
        'all descriptors are back', agent.descriptors())
    grown = agent.rss() - memory
    note(f'memory {memory / MEBI:.1f} MiB, then {grown / MEBI:+.1f} MiB')
    tap(SANITIZED or grown <= GROWTH_MAX, 'memory is where it was', grown)


def main():
    options = read_options()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.disable()
    agent = Agent(CONFIG)
    agent.args = ['-f', str(agent.directory / 'world.yaml')]
    try:
        subprocess.run([LOAD, '-w', agent.directory, '-p', '1000'], check=True)
        agent.start(30)
        besiege(agent, options)
        code = agent.stop()
        check_death(code, agent.log)
        tap(code == 0, 'the agent ends with 0', f'{code}\n{agent.log[-4000:]}')
    finally:
        agent.remove()
    done()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
main()
