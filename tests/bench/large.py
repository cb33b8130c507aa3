#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""large.py [--quick] [--save FILE] BUILD_DIR

Lists of millions while requests go on.

A million prefixes in a watched file, behind a real HAProxy that is asked all
the time: how long until a line more refuses its address, and was any answer
wrong or missing meanwhile.

Ten million hosts, built anew because their file is exchanged: the latency of
answers at a quarter of the most that the agent gives, beside the same at rest.
Ends with 1 when a bound is missed.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tests' / 'integration'))

BOUNDS = {'force': 1.0, 'later': 5000}
BALANCER = '127.0.0.1'


def arguments():
    parser = argparse.ArgumentParser(description='large lists under load')
    parser.add_argument('--quick', action='store_true',
                        help='a million hosts instead of ten')
    parser.add_argument('--save', help='all figures, as JSON')
    parser.add_argument('build')
    return parser.parse_args()


def hosts(path, count, first=0):
    """Hosts that are no two in a row, one a line."""
    with open(path, 'w', encoding='ascii') as file:
        for start in range(first, first + count, 100000):
            file.write(''.join(
                f'{16 + (i >> 22) % 96}.{i >> 14 & 255}.{i >> 6 & 255}.'
                f'{(i << 2) & 255}\n'
                for i in range(start, min(start + 100000, first + count))))


# ---- a line more, behind HAProxy ----


class Asking(threading.Thread):
    """Requests from others, one after the other, until told to end."""

    def __init__(self, haproxy, xff, number):
        super().__init__(daemon=True)
        self.haproxy, self.xff, self.number = haproxy, xff, number
        self.answers, self.wrong, self.ended = 0, 0, False

    def run(self):
        with self.haproxy.client(BALANCER) as client:
            while not self.ended:
                denied = self.answers % 2
                address = ('127.0.0.66' if denied else
                           f'203.0.113.{self.answers % 60 + self.number}')
                status = client.get(self.xff(address)).status
                self.wrong += status != (403 if denied else 200)
                self.answers += 1


def force_seconds(haproxy, xff, path, address):
    """From the line's writing to the first refusal."""
    with haproxy.client(BALANCER) as client:
        before = client.get(xff(address)).status
        began = time.monotonic()
        with open(path, 'a', encoding='ascii') as file:
            file.write(address + '\n')
        while client.get(xff(address)).status != 403:
            if time.monotonic() - began > 30:
                raise RuntimeError('never in force')
            time.sleep(0.002)
        return before, time.monotonic() - began


def behind_haproxy(program):
    from harness import Agent
    from proxy import App, example, example_lists, example_policy, xff
    agent = Agent(example_policy(), files=example_lists())
    path = agent.directory / 'lists' / 'drop.txt'
    listed = path.read_text()
    hosts(path, 1000000)
    with open(path, 'a', encoding='ascii') as file:
        file.write(listed)
    with agent, App() as app, example(
            program, "haproxy-http.cfg", program.agent(agent),
            app.address) as haproxy:
        haproxy.wait_state('UP')
        askers = [Asking(haproxy, xff, number) for number in (1, 61)]
        for asker in askers:
            asker.start()
        rows = [force_seconds(haproxy, xff, path, f'198.18.{turn}.9')
                for turn in range(5)]
        for asker in askers:
            asker.ended = True
            asker.join(20)
        return {'version': program.version,
                'seconds': [row[1] for row in rows],
                'before': [row[0] for row in rows],
                'answers': sum(asker.answers for asker in askers),
                'wrong': sum(asker.wrong for asker in askers)}


# ---- ten million, rebuilt ----


CONFIG = '''\
listen: [{address: "127.0.0.1:0"}]
threads: 1
lists:
  big: {file: big.txt, guard: {growth: 100%, shrink: 100%}}
policies:
  bulk:
    rules: [{deny: [big]}]
'''


def load(options, agent, *words):
    """Its report; the p99.9 in microseconds."""
    result = subprocess.run(
        ['taskset', '-c', '1', os.path.join(options.build, 'tests', 'load'),
         '-c', '16', '-d', '20', '-p', '10000', *words, agent.address],
        capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(result.stdout + result.stderr)
    words = result.stdout.split()
    return {name: float(words[words.index(name) + 1])
            for name in ('rate', 'p50', 'p99', 'p99.9')}


def rebuilt(options, count, seconds):
    from harness import Agent
    agent = Agent(CONFIG, wrap=['taskset', '-c', '0'])
    subprocess.run([os.path.join(options.build, 'tests', 'load'), '-w',
                    agent.directory, '-p', '10000'], check=True)
    hosts(agent.directory / 'big.txt', count)
    hosts(agent.directory / 'other.txt', count, 7)
    agent.args = ['-f', str(agent.directory / 'world.yaml')]
    with agent:
        most = load(options, agent, '-t', '3')['rate']
        quarter = ['-t', str(seconds), '-r', str(int(most / 4))]
        quiet = load(options, agent, *quarter)
        os.rename(agent.directory / 'other.txt', agent.directory / 'big.txt')
        began = time.monotonic()
        busy = load(options, agent, *quarter)
        done = [event for event in agent.events('list')
                if event.get('list') == 'big' and
                event.get('before') not in ('0', None)]
        return {'most': most, 'quiet': quiet, 'busy': busy,
                'taken': bool(done), 'seconds': time.monotonic() - began}


# ---- all of it ----


def check(name, good):
    print(f'  {"      " if good else "MISSED"} {name}')
    return good


def main():
    options = arguments()
    os.environ['B'] = os.path.abspath(options.build)
    from matrix import cells
    good = True
    results = {'haproxy': [], 'rebuilt': None}
    for program in cells(spop=('tcp',), http=(1,))[::3]:
        row = behind_haproxy(program)
        results['haproxy'].append(row)
        worst = max(row['seconds'])
        print(f'HAProxy {row["version"]}: a line more of a million in force '
              f'after {statistics.median(row["seconds"]):.2f} s, '
              f'{worst:.2f} at most; {row["answers"]} answers, '
              f'{row["wrong"]} wrong')
        good &= check(f'in force within {BOUNDS["force"]} s',
                      worst <= BOUNDS['force'])
        good &= check('no answer wrong or missing', row['wrong'] == 0 and
                      row['before'] == [200] * len(row['before']))
    count = 1000000 if options.quick else 10000000
    row = rebuilt(options, count, 10 if options.quick else 20)
    results['rebuilt'] = row
    print(f'{count} hosts exchanged at {row["most"] / 4:.0f} answers a '
          f'second: p99.9 {row["busy"]["p99.9"]:.0f} us, '
          f'{row["quiet"]["p99.9"]:.0f} us at rest')
    good &= check('the file was taken', row['taken'])
    good &= check(f'within {BOUNDS["later"]} us of rest',
                  row['busy']['p99.9'] <=
                  row['quiet']['p99.9'] + BOUNDS['later'])
    if options.save:
        pathlib.Path(options.save).write_text(json.dumps(results, indent=1))
    sys.exit(not good)


main()
