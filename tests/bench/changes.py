#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""changes.py [--entries N] [--save FILE] [--quick] BUILD_DIR

Single changes of a dynamic list that has many entries, through the control
socket: how long until one is answered, which is when it is in force in every
worker; and how many a second go through, with the agent at rest and while it
answers HAProxys that ask all the time.
"""

import argparse
import ipaddress
import json
import os
import pathlib
import random
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tests' / 'integration'))

CONFIG = '''\
listen: [{address: "127.0.0.1:0"}]
control: {socket: "{dir}/control.sock"}
state-directory: "{dir}/state"
threads: 2
limits: {connections: 1000}
lists:
  manual: {dynamic: true}
policies:
  changes:
    rules: [{deny: [manual]}]
'''
# Widths that are changed in place, and how hosts are made up.
WIDTHS = [(4, 32), (4, 24), (4, 20), (6, 128), (6, 64), (6, 48)]
BOUNDS = {'p99': 1000, 'rate': 50000}


def arguments():
    parser = argparse.ArgumentParser(description='single changes of a list')
    parser.add_argument('--entries', type=int, default=1000000)
    parser.add_argument('--samples', type=int, default=5000)
    parser.add_argument('--seconds', type=float, default=5,
                        help='of each sustained run')
    parser.add_argument('--quick', action='store_true',
                        help='100,000 entries, 1,000 samples')
    parser.add_argument('--save', help='all figures, as JSON')
    parser.add_argument('build')
    options = parser.parse_args()
    if options.quick:
        options.entries = min(options.entries, 100000)
        options.samples = min(options.samples, 1000)
    return options


# ---- addresses ----


def entry(number):
    """The prefix with that number: half IPv4, half IPv6 hosts."""
    mixed = number * 2654435761 & 0x3fffffff
    if number % 2:
        return str(ipaddress.IPv6Address(
            0x20010db8 << 96 | mixed << 64 | number))
    return str(ipaddress.IPv4Address(0x40000000 | mixed))


def draw(source, family, length):
    """A prefix that no entry() is in."""
    if family == 4:
        number = 0xc0000000 | source.getrandbits(24)
        return str(ipaddress.ip_network((number, length), strict=False))
    number = 0x2a000000 << 96 | source.getrandbits(96)
    return str(ipaddress.ip_network((number, length), strict=False))


# ---- measuring ----


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def time_singles(console, words):
    times = []
    for line in words:
        start = time.perf_counter_ns()
        answer = console.ask(line)
        times.append((time.perf_counter_ns() - start) / 1000)
        if answer.startswith(('error', 'Unknown')):
            raise RuntimeError(f'{line}: {answer}')
    return times


def singles(options, console, family, length):
    """One after another: added, then removed again."""
    source = random.Random(length)
    prefixes = sorted({draw(source, family, length)
                       for _ in range(options.samples)})
    source.shuffle(prefixes)
    rows = []
    for word in ('add', 'del'):
        times = time_singles(console, [f'{word} list manual {prefix}'
                                       for prefix in prefixes])
        rows.append({'what': f'{word} /{length} (IPv{family})',
                     'entries': options.entries,
                     'p50': percentile(times, 0.5),
                     'p99': percentile(times, 0.99), 'rate': None})
    return rows


def threads_cpu(pid):
    """{name: nanoseconds so far} of the threads, those of one name added."""
    total = {}
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/comm') as comm, \
                open(f'/proc/{pid}/task/{task}/schedstat') as stat:
            name = comm.read().strip()
            total[name] = total.get(name, 0) + int(stat.read().split()[0])
    return total


def sustained(options, crowd, pid, what):
    """Adds and removes hosts as fast as they are taken."""
    source = random.Random(7)
    prefixes = list({draw(source, 4, 32) for _ in range(20000)})
    words = [[f'{word} list manual {prefix}' for prefix in prefixes]
             for word in ('add', 'del')]
    start, done, before = time.monotonic(), 0, threads_cpu(pid)
    while time.monotonic() < start + options.seconds:
        for lines in words:
            change_all(crowd, lines)
            done += len(lines)
    seconds, after = time.monotonic() - start, threads_cpu(pid)
    return {'what': what, 'entries': options.entries, 'p50': None,
            'p99': None, 'rate': done / seconds,
            'cpu': {name: (after[name] - before.get(name, 0)) / done / 1000
                    for name in after}}


def change_all(crowd, lines):
    fault = crowd.ask_all(lines)
    if fault:
        raise RuntimeError(fault)


def loaded(options, agent, crowd):
    """The same while questions come on 16 connections, 20 under way each."""
    load = subprocess.Popen(
        [os.path.join(options.build, 'tests', 'load'), '-b', '-c', '16',
         '-d', '20', '-h', '3', '-t', str(options.seconds + 2), '-p', '1000',
         '-P', str(agent.pid), agent.address], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)
    try:
        time.sleep(1)
        rows = [sustained(options, crowd, agent.pid, 'under load')]
        print('\n'.join(line for line in load.communicate(timeout=60)[0]
                        .splitlines() if line.startswith('#')))
    finally:
        load.kill()
        load.wait()
    return rows


def fill(options, crowd):
    start = time.monotonic()
    for at in range(0, options.entries, 50000):
        change_all(crowd, [
            f'add list manual {entry(number)}' for number in
            range(at, min(at + 50000, options.entries))])
    return {'what': 'filling', 'entries': options.entries, 'p50': None,
            'p99': None, 'rate': options.entries / (time.monotonic() - start)}


def run(options):
    from harness import Agent
    from console import Console, Crowd
    agent = Agent(CONFIG)
    try:
        (agent.directory / 'state').mkdir()
        subprocess.run([os.path.join(options.build, 'tests', 'load'), '-w',
                        agent.directory, '-p', '1000'], check=True)
        agent.args = ['-f', str(agent.directory / 'world.yaml')]
        agent.start(60)
        console = Console(agent.directory / 'control.sock')
        crowd = Crowd(agent.directory / 'control.sock')
        rows = [fill(options, crowd)]
        show(rows[-1:])
        for family, length in WIDTHS:
            rows += singles(options, console, family, length)
            show(rows[-2:])
        rows.append(sustained(options, crowd, agent.pid,
                              'at rest'))
        show(rows[-1:])
        rows += loaded(options, agent, crowd)
        show(rows[-1:])
        return rows
    finally:
        agent.remove()


def show(rows):
    for row in rows:
        times = '' if row['p50'] is None else \
            f'p50 {row["p50"]:8.1f} us  p99 {row["p99"]:8.1f} us'
        rate = '' if row['rate'] is None else f'{row["rate"]:,.0f} a second'
        cpu = '' if 'cpu' not in row else '  CPU us of a change: ' + \
            ', '.join(f'{name} {micros:.1f}' for name, micros in
                      row['cpu'].items() if micros >= 0.1)
        print(f'{row["what"]:18} at {row["entries"]:,}: {times}{rate}{cpu}',
              flush=True)


def main():
    options = arguments()
    os.environ['B'] = os.path.abspath(options.build)
    rows = run(options)
    if options.save:
        pathlib.Path(options.save).write_text(json.dumps({'runs': rows}))
    missed = [row['what'] for row in rows
              if (row['p99'] or 0) > BOUNDS['p99'] or
              (row['what'] == 'under load' and row['rate'] < BOUNDS['rate'])]
    for what in missed:
        print(f'MISSED {what}')
    sys.exit(1 if missed else 0)


if __name__ == '__main__':
    main()
