#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""answers.py [--rounds N] [--seconds N] [--prefixes N] [--hops N] BUILD_DIR

How many answers a second truesrc gives over TCP and over a local socket, and
what CPU time each takes it, beside an agent that always says the same
(tests/tools/bound.c). Requests come through three hops from a million clients,
and the deny list has a million prefixes. Both agents have one CPU, the load
generator another; they run in turns. Printed are the medians, and ratios of
truesrc to the other.
"""

import argparse
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tests' / 'integration'))

SHAPES = [(1, 1), (1, 20), (16, 20), (128, 8)]

CONFIG = '''\
listen:
  - address: 127.0.0.1:0
  - address: unix:{dir}/spop.sock
threads: 1
limits: {connections: 1000}
'''


def arguments():
    parser = argparse.ArgumentParser(
        description='answers a second, and CPU time of each')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--seconds', type=float, default=2)
    parser.add_argument('--prefixes', type=int, default=1000000)
    parser.add_argument('--clients', type=int, default=1000000)
    parser.add_argument('--hops', type=int, default=3)
    parser.add_argument('--cpus', default='0,1',
                        help='of the agents and of the load generator')
    parser.add_argument('build')
    return parser.parse_args()


class Bound:
    """The other agent, at one address."""

    def __init__(self, options, address):
        self.process = subprocess.Popen(
            ['taskset', '-c', options.cpus.split(',')[0],
             os.path.join(options.build, 'tests', 'bound'), address],
            stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.kill()
        self.process.wait()


def measure(options, shape, pid, address):
    """Answers a second, CPU nanoseconds of each, latencies."""
    result = subprocess.run(
        ['taskset', '-c', options.cpus.split(',')[1],
         os.path.join(options.build, 'tests', 'load'), '-b',
         '-c', str(shape[0]), '-d', str(shape[1]),
         '-t', str(options.seconds), '-h', str(options.hops),
         '-q', str(options.clients), '-p', str(options.prefixes),
         '-P', str(pid), address], capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(result.stdout + result.stderr)
    words = result.stdout.split()
    return {name: float(words[words.index(key) + 1])
            for name, key in (('rate', 'rate'), ('cpu', 'agent'),
                              ('client', 'client'), ('p50', 'p50'),
                              ('p99', 'p99'))}


def medians(rows):
    return {name: statistics.median(row[name] for row in rows)
            for name in rows[0]}


def compare(options, shape, ours, theirs):
    """Both in turns."""
    rows = ([], [])
    for _ in range(options.rounds):
        for row, (pid, address) in zip(rows, (ours, theirs)):
            row.append(measure(options, shape, pid, address))
    return medians(rows[0]), medians(rows[1])


def print_row(name, shape, truesrc, bound):
    print(f'{name:5} {shape[0]:>4}x{shape[1]:<3}'
          f'{truesrc["rate"]:9.0f} {bound["rate"]:9.0f} '
          f'{truesrc["rate"] / bound["rate"]:6.2f} '
          f'{truesrc["cpu"]:8.0f} {bound["cpu"]:7.0f} '
          f'{truesrc["cpu"] / bound["cpu"]:6.2f} '
          f'{truesrc["client"]:7.0f} {truesrc["p50"]:8.1f} '
          f'{truesrc["p99"]:8.1f}', flush=True)


def run(options, agent, bounds):
    print('                answers a second       CPU ns an answer'
          '          client   truesrc, us')
    print('           truesrc     bound  ratio  truesrc   bound  ratio '
          '     ns      p50      p99')
    for name, address, bound in zip(('TCP', 'local'), agent.addresses,
                                    bounds):
        for shape in SHAPES:
            print_row(name, shape, *compare(
                options, shape, (agent.pid, address),
                (bound.pid, bound.address)))


def main():
    options = arguments()
    os.environ['B'] = os.path.abspath(options.build)
    from harness import Agent
    agent = Agent(CONFIG, wrap=['taskset', '-c', options.cpus.split(',')[0]])
    bounds = []
    with tempfile.TemporaryDirectory() as directory:
        try:
            subprocess.run([os.path.join(options.build, 'tests', 'load'), '-w',
                            agent.directory, '-p', str(options.prefixes)],
                           check=True)
            agent.args = ['-f', str(agent.directory / 'world.yaml')]
            agent.start(60)
            bounds = [Bound(options, '127.0.0.1:0'),
                      Bound(options, f'unix:{directory}/bound.sock')]
            run(options, agent, bounds)
        finally:
            for bound in bounds:
                bound.stop()
            agent.remove()


# The agents must not outlive us.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
main()
