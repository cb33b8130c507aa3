#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""whole.py [--quick] [--set NAME:COUNT]... [--save FILE] BUILD_DIR

The whole agent with one list in a file: how fast it reads it, how long it
takes from the file to its being in force, at start and when the file is
replaced, what memory the process has, and how much at most meanwhile. Beside
it the bare structure: the same file read, sorted and built, and nothing else.
"""

import argparse
import ipaddress
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tests' / 'integration'))

QUICK = [('hosts4', 1000000), ('hosts6', 1000000), ('mixed4', 1000000)]
FULL = QUICK + [('mixed6', 1000000), ('hosts4', 10000000),
                ('hosts6', 10000000)]
# A prefix of which no set has any host, and that no guard minds.
MARKS = {4: '240.{}.{}.1', 6: '3fff:{:x}:{:x}::1'}

CONFIG = '''\
listen: [{address: "127.0.0.1:0"}]
threads: 1
lists:
  big: {file: "%s"}
policies:
  default:
    rules: [{allow: [big]}]
    default: deny
'''
BOUNDS = {'lines': 10e6, 'million': 300, 'watched': 1000, 'reload': 3, 4: 45,
          6: 70,
          'peak': 2.2}


def arguments():
    parser = argparse.ArgumentParser(description='the whole agent and a file')
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--set', action='append', dest='sets',
                        help='NAME:COUNT, instead of all')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--save', help='all figures, as JSON')
    parser.add_argument('build')
    return parser.parse_args()


def sets_of(options):
    if options.sets:
        return [(name, int(count)) for name, count in
                (text.split(':') for text in options.sets)]
    return QUICK if options.quick else FULL


def width(name):
    return 6 if name.endswith('6') else 4


# ---- files ----


def write_set(options, name, count, path, seed=1):
    subprocess.run([os.path.join(options.build, 'tests', 'tables'), '-s',
                    str(seed), '-m', '1', '-w', path, f'{name}:{count}'],
                   check=True)


def add_mark(path, name, number):
    """One address more, that tells which file is in force."""
    mark = MARKS[width(name)].format(number // 256, number % 256)
    with open(path, 'a', encoding='ascii') as file:
        file.write(mark + '\n')
    return mark


# ---- without an agent ----


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def check_seconds(options, path):
    """CPU time of truesrc -c."""
    with tempfile.NamedTemporaryFile('w', suffix='.yaml') as config:
        config.write((CONFIG % path).replace('{dir}', '/tmp'))
        config.flush()
        start = children_cpu()
        subprocess.run([os.path.join(options.build, 'truesrc'), '-c', '-f',
                        config.name], check=True, stderr=subprocess.DEVNULL)
        return children_cpu() - start


def lines_a_second(options, path, count):
    with tempfile.NamedTemporaryFile('w') as nothing:
        nothing.write('192.0.2.1\n')
        nothing.flush()
        times = [check_seconds(options, path) -
                 check_seconds(options, nothing.name)
                 for _ in range(options.rounds)]
    return count / max(statistics.median(times), 1e-9)


def bare_milliseconds(options, path):
    """CPU time of the steps, added up; and of reading alone."""
    totals = []
    for _ in range(options.rounds):
        output = subprocess.run(
            [os.path.join(options.build, 'tests', 'tables'), '-l', path],
            check=True, capture_output=True, text=True).stdout
        steps = dict(line.split('\t') for line in output.splitlines())
        totals.append(sum(float(steps.get(step, 0))
                          for step in ('read', 'sort', 'build')))
    return statistics.median(totals)


# ---- a running agent ----


def memory(pid, field):
    """Bytes, from /proc/PID/status or smaps_rollup."""
    name = 'smaps_rollup' if field in ('Rss', 'Pss') else 'status'
    with open(f'/proc/{pid}/{name}') as status:
        return next(int(line.split()[1]) * 1024 for line in status
                    if line.startswith(field + ':'))


def forget_peak(pid):
    with open(f'/proc/{pid}/clear_refs', 'w') as file:
        file.write('5')


def threads_cpu(pid):
    """Nanoseconds of all threads so far."""
    total = 0
    for task in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{task}/schedstat') as stat:
            total += int(stat.read().split()[0])
    return total


class Asker:
    """A HAProxy that asks about an address until the answer changes."""

    def __init__(self, address):
        from spop import Peer
        self.peer = Peer(address)
        self.peer.hello()
        self.frame = 0

    def is_listed(self, mark):
        self.frame += 1
        ack = self.peer.ask(1, self.frame, [
            ('check', [('peer', ipaddress.ip_address(mark))])])
        return ack.get('verdict') == 'allow'

    def wait(self, mark, seconds):
        end = time.monotonic() + seconds
        while not self.is_listed(mark):
            if time.monotonic() > end:
                raise RuntimeError(f'{mark} is not in force in {seconds} s')
            time.sleep(0.002)


def settle(pid):
    """Until the process rests: memory that is given back has been."""
    while True:
        before = threads_cpu(pid)
        time.sleep(1)
        if threads_cpu(pid) - before < 5e6:
            return


def replace_file(agent, asker, name, path, spare, number):
    """The spare file becomes the list. (wall ms, CPU ms) until in force."""
    mark = add_mark(spare, name, number)
    start, cpu = time.monotonic(), threads_cpu(agent.pid)
    os.rename(spare, path)
    asker.wait(mark, 60)
    wall = (time.monotonic() - start) * 1000
    settle(agent.pid)
    return wall, (threads_cpu(agent.pid) - cpu) / 1e6


def empty_memory(options):
    from harness import Agent
    with Agent(CONFIG % '{dir}/list', files={'list': '192.0.2.1\n'}) as agent:
        return memory(agent.pid, 'Rss')


def measure_agent(options, name, count, path, spare):
    from harness import Agent
    agent = Agent(CONFIG % path)
    start = time.monotonic()
    try:
        agent.start(120)
        started = (time.monotonic() - start) * 1000
        asker = Asker(agent.address)
        settle(agent.pid)
        rss = memory(agent.pid, 'Rss')
        forget_peak(agent.pid)
        walls, cpus = [], []
        for number in range(1, options.rounds + 1):
            write_set(options, name, count, spare, 1 + number)
            wall, cpu = replace_file(agent, asker, name, path, spare,
                                     number)
            walls.append(wall)
            cpus.append(cpu)
        return {'start': started, 'reload': statistics.median(walls),
                'reload_cpu': statistics.median(cpus), 'rss': rss,
                'after': memory(agent.pid, 'Rss'),
                'high': memory(agent.pid, 'VmHWM')}
    except RuntimeError:
        print(agent.log, file=sys.stderr)
        raise
    finally:
        agent.remove()


def measure(options, name, count, base):
    with tempfile.TemporaryDirectory(prefix='truesrc-bench-') as directory:
        path = os.path.join(directory, 'list')
        spare = os.path.join(directory, 'spare')
        write_set(options, name, count, path)
        entry = {'set': f'{name} {count:,}', 'name': name, 'count': count,
                 'lines_a_second': lines_a_second(options, path, count),
                 'bare': bare_milliseconds(options, path)}
        entry.update(measure_agent(options, name, count, path, spare))
    entry['bytes'] = (entry['rss'] - base) / count
    entry['peak'] = (entry['high'] - base) / (entry['rss'] - base)
    return entry


# ---- bounds ----


def bounds_of(entry):
    """(what, figure, bound, is met)"""
    rows = []

    def add(what, figure, bound, at_least=False):
        met = figure >= bound if at_least else figure <= bound
        rows.append((what, figure, bound, met))

    add('lines a second', entry['lines_a_second'], BOUNDS['lines'], True)
    if entry['count'] <= 1000000:
        add('reload CPU ms', entry['reload_cpu'], BOUNDS['million'])
        add('in force ms', entry['reload'], BOUNDS['watched'])
    else:
        add('reload / bare', entry['reload_cpu'] / entry['bare'],
            BOUNDS['reload'])
        add('bytes a prefix', entry['bytes'], BOUNDS[width(entry['name'])])
    add('peak / rest', entry['peak'], BOUNDS['peak'])
    return rows


def main():
    options = arguments()
    os.environ['B'] = os.path.abspath(options.build)
    base = empty_memory(options)
    entries, missed = [], 0
    for name, count in sets_of(options):
        entry = measure(options, name, count, base)
        entries.append(entry)
        print(f'{entry["set"]}: {entry["lines_a_second"] / 1e6:.1f} M lines/s,'
              f' start {entry["start"]:.0f} ms, replaced '
              f'{entry["reload"]:.0f} ms ({entry["reload_cpu"]:.0f} CPU), '
              f'bare {entry["bare"]:.0f} ms, {entry["bytes"]:.1f} bytes a '
              f'prefix, peak {entry["peak"]:.2f} times', flush=True)
        for what, figure, bound, met in bounds_of(entry):
            missed += not met
            print(f'  {"      " if met else "MISSED"} {what:16}'
                  f'{figure:14,.2f}  ({bound:,g})', flush=True)
    if options.save:
        pathlib.Path(options.save).write_text(
            json.dumps({'base': base, 'files': entries}))
    sys.exit(1 if missed else 0)


if __name__ == '__main__':
    main()
