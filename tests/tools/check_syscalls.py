#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""No system call without need: how many an answer takes, counted by strace in
two runs of different length, so that what starts and ends does not count."""

import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(ROOT, 'tests', 'integration'))

from harness import Agent, BUILD, done, note, tap  # noqa: E402

PREFIXES = 1000
LOAD = BUILD / 'tests' / 'load'

# Kind of address, connections, questions in flight, the most calls an answer.
ROWS = [
    (0, 1, 1, 3.05),  # receive, send, wait
    (1, 1, 1, 3.05),
    (0, 1, 20, 0.3),
    (1, 1, 20, 0.3),
    (0, 16, 20, 0.3),
]
CONFIG = '''\
listen:
  - address: 127.0.0.1:0
  - address: unix:{dir}/spop.sock
threads: 1
'''


def run(kind, connections, depth, answers):
    """All calls of one agent that gave so many answers."""
    with tempfile.NamedTemporaryFile() as counts:
        with_world = Agent(CONFIG, wrap=['strace', '-D', '-f', '-c', '-o',
                                         counts.name])
        subprocess.run([LOAD, '-w', with_world.directory, '-p',
                        str(PREFIXES)], check=True)
        with_world.args = ['-f', str(with_world.directory / 'world.yaml')]
        with with_world as agent:
            result = subprocess.run(
                [LOAD, '-c', str(connections), '-d', str(depth), '-n',
                 str(answers), '-p', str(PREFIXES), '-h', '3',
                 agent.addresses[kind]], capture_output=True, text=True)
            if result.returncode != 0:
                raise RuntimeError(result.stdout + result.stderr)
            agent.stop()
        # strace writes when its tracee has gone.
        for _ in range(200):
            total = re.search(r'^\s*100\.00\s+\S+\s+(?:\S+\s+)?(\d+)\s+'
                              r'(?:\d+\s+)?total$',
                              open(counts.name).read(), re.MULTILINE)
            if total:
                return int(total.group(1))
            subprocess.run(['sleep', '0.05'], check=True)
    raise RuntimeError('strace did not count')


def main():
    for kind, connections, depth, most in ROWS:
        few, many = 2000, 12000
        calls = (run(kind, connections, depth, many) -
                 run(kind, connections, depth, few)) / (many - few)
        where = ('TCP', 'local')[kind]
        note(f'{where} {connections} x {depth}: {calls:.3f} an answer')
        tap(calls <= most, f'{where}, {connections} x {depth}: '
            f'{calls:.2f} system calls an answer, {most} at most')
    done()


main()
