#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""explain.py [--lines N] [--rounds N] BUILD_DIR

Replays a made-up day of requests through "truesrcctl explain --json" and
compares its CPU time with that of a program which only reads the same requests
and writes the same answers with jansson: ready ones, or built anew. They run in
turns; printed are the medians, and the ratios of explain to each.
"""

import argparse
import json
import os
import random
import shlex
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

CONFIGURATION = '''\
lists:
  balancers: [10.0.0.0/24, "2001:db8:b::/64"]
  cdn: [192.0.2.0/24, "2001:db8:cd::/48"]
  office: [198.51.100.0/24, "2001:db8:1::/48"]
  drop: {file: drop.txt}
policies:
  default:
    trust: [balancers, cdn]
    sources:
      - {header: CF-Connecting-IP, from: [cdn]}
      - {header: X-Forwarded-For}
    rules:
      - {allow: [office]}
      - {deny: [drop], name: blocked, status: 403}
    default: allow
    forward:
      X-Forwarded-For: {trusted: append, untrusted: peer}
      X-Forwarded-Proto: {trusted: pass, untrusted: own}
'''


def quad(dice, first=None):
    parts = [first or dice.randint(11, 191)] + [
        dice.randint(0, 255) for _ in range(3)]
    return '.'.join(map(str, parts))


def client(dice):
    if dice.random() < 0.25:
        return '2a02:%x:%x:%x::%x' % tuple(
            dice.randint(1, 0xffff) for _ in range(4))
    return quad(dice)


def balancer(dice):
    return '10.0.0.%d' % dice.randint(1, 8)


def edge(dice):
    return '192.0.2.%d' % dice.randint(1, 250)


def chain(dice, entries):
    return [['X-Forwarded-For', ', '.join(entries)],
            ['X-Forwarded-Proto', 'https']]


def through_cdn(dice):
    who = client(dice)
    headers = chain(dice, [who, edge(dice)])
    headers.append(['CF-Connecting-IP', who])
    return balancer(dice), headers


def through_balancer(dice):
    return balancer(dice), chain(dice, [client(dice)])


def with_a_past(dice):
    """A company's proxies, or a forgery: more entries on the left."""
    left = [quad(dice, 10) for _ in range(dice.randint(1, 6))]
    return balancer(dice), chain(dice, left + [client(dice), edge(dice)])


def in_two_lines(dice):
    return balancer(dice), [['X-Forwarded-For', client(dice)],
                            ['X-Forwarded-For', edge(dice)]]


def stranger(dice):
    return client(dice), chain(dice, [quad(dice, 10)])


def health_check(dice):
    return balancer(dice), []


def nonsense(dice):
    return balancer(dice), chain(
        dice, [dice.choice(['unknown', '', '_hidden', '1.2.3']), edge(dice)])


KINDS = [(through_cdn, 50), (through_balancer, 25), (with_a_past, 10),
         (in_two_lines, 5), (stranger, 5), (health_check, 3), (nonsense, 2)]


def request(dice):
    make = dice.choices([kind for kind, _ in KINDS],
                        [weight for _, weight in KINDS])[0]
    peer, headers = make(dice)
    return {'peer': peer, 'headers': headers,
            'request': {'scheme': 'https', 'host': 'www.example.com',
                        'port': '443',
                        'path': '/articles/%d' % dice.randint(1, 99999)}}


def write_inputs(work, lines):
    dice = random.Random(1)
    with open(os.path.join(work, 'drop.txt'), 'w') as file:
        for _ in range(10000):
            file.write(quad(dice) + '\n')
    with open(os.path.join(work, 'truesrc.yaml'), 'w') as file:
        file.write(CONFIGURATION)
    with open(os.path.join(work, 'requests'), 'w') as file:
        for _ in range(lines):
            file.write(json.dumps(request(dice)) + '\n')


def build_baseline(work):
    program = os.path.join(work, 'jansson_lines')
    command = shlex.split(os.environ.get('CC', 'gcc')) + [
        '-O2', '-o', program, os.path.join(HERE, 'jansson_lines.c'),
        '-ljansson']
    subprocess.run(command, check=True)
    return program


def run_explain(build, work):
    """CPU seconds of the whole program, its start included."""
    with open(os.path.join(work, 'requests')) as requests, \
            open(os.path.join(work, 'answers'), 'w') as answers:
        child = subprocess.Popen(
            [os.path.join(build, 'truesrcctl'), 'explain', '-f',
             os.path.join(work, 'truesrc.yaml'), '--json'],
            stdin=requests, stdout=answers)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit('truesrcctl ended with %d' % child.returncode)
    return usage.ru_utime + usage.ru_stime


def run_baseline(program, work, *how):
    with open(os.path.join(work, 'copies'), 'w') as copies:
        done = subprocess.run(
            [program, os.path.join(work, 'requests'),
             os.path.join(work, 'answers'), *how],
            stdout=copies, stderr=subprocess.PIPE, check=True, text=True)
    if not same(work):
        sys.exit('the two did not write the same')
    return float(done.stderr)


def same(work):
    with open(os.path.join(work, 'answers'), 'rb') as answers, \
            open(os.path.join(work, 'copies'), 'rb') as copies:
        return answers.read() == copies.read()


def count_good(work):
    with open(os.path.join(work, 'answers')) as answers:
        return sum(line.startswith('{"ok":true') for line in answers)


def show(name, seconds, lines):
    print('%-24s %6.2f us a line, %7.0f lines a CPU second' % (
        name, 1e6 * statistics.median(seconds) / lines,
        lines / statistics.median(seconds)))


def compare(name, ours, theirs):
    ratios = [a / b for a, b in zip(ours, theirs)]
    print('%s: median %.2f, min %.2f, max %.2f of %d rounds' % (
        name, statistics.median(ratios), min(ratios), max(ratios),
        len(ratios)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--lines', type=int, default=200000)
    parser.add_argument('--rounds', type=int, default=7)
    parser.add_argument('build')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        write_inputs(work, options.lines)
        program = build_baseline(work)
        run_explain(options.build, work)
        if count_good(work) != options.lines:
            sys.exit('some requests were not decided')
        ours, ready, built = [], [], []
        for _ in range(options.rounds):
            ours.append(run_explain(options.build, work))
            ready.append(run_baseline(program, work))
            built.append(run_baseline(program, work, 'build'))
    show('explain', ours, options.lines)
    show('jansson, ready answers', ready, options.lines)
    show('jansson, building them', built, options.lines)
    compare('explain to jansson, ready answers', ours, ready)
    compare('explain to jansson, building them', ours, built)


if __name__ == '__main__':
    main()
