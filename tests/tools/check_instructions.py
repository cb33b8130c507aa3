#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check_instructions.py [--keep]

An answer costs no more instructions than it did: callgrind counts those of
tests/tools/instructions.c, which does not depend on what else the machine is
busy with. The figures to keep to are in tests/bench/instructions.txt; --keep
writes what was counted there, for a change that made it less.

More than a hundredth above them fails; so does a twentieth below, since then
they are no bound any more.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get('B', ROOT / 'build' / 'release'))
KEPT = ROOT / 'tests' / 'bench' / 'instructions.txt'

QUESTIONS = 2000
PREFIXES = 10000
HOPS = (0, 1, 3, 5)
ABOVE = 1.01
BELOW = 0.95


def count(world, hops, rounds):
    result = subprocess.run(
        ['valgrind', '--tool=callgrind', '--toggle-collect=converse',
         '--callgrind-out-file=/dev/null', str(BUILD / 'tests/instructions'),
         world, str(QUESTIONS), str(PREFIXES), str(hops), str(rounds)],
        capture_output=True, text=True, check=True)
    answers = int(re.search(r'answers (\d+)', result.stdout).group(1))
    if answers != QUESTIONS * rounds:
        raise RuntimeError(f'{answers} answers: {result.stdout}')
    return int(re.search(r'Collected : (\d+)', result.stderr).group(1))


def count_one(world, hops):
    """The first round fills what is remembered; the second one counts."""
    both = count(world, hops, 2)
    return (both - count(world, hops, 1)) / QUESTIONS


def read_kept():
    kept = {}
    for line in KEPT.read_text().splitlines():
        if line and not line.startswith('#'):
            hops, instructions = line.split()
            kept[int(hops)] = float(instructions)
    return kept


def write_kept(counted):
    rows = ''.join(f'{hops} {number:.0f}\n'
                   for hops, number in counted.items())
    KEPT.write_text('# Hops of the chain, instructions an answer: '
                    'check_instructions.py --keep\n' + rows)


def main():
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run([BUILD / 'tests/load', '-w', directory,
                        '-p', str(PREFIXES)], check=True)
        world = directory + '/world.yaml'
        counted = {hops: count_one(world, hops) for hops in HOPS}
    if '--keep' in sys.argv:
        write_kept(counted)
    kept = read_kept()
    print(f'1..{len(HOPS)}')
    failed = 0
    for number, hops in enumerate(HOPS, 1):
        ratio = counted[hops] / kept[hops]
        good = BELOW <= ratio <= ABOVE
        failed += not good
        print(f'{"ok" if good else "not ok"} {number} - {hops} hops: '
              f'{counted[hops]:.0f} instructions an answer, '
              f'{kept[hops]:.0f} are kept ({ratio:.3f})')
    sys.exit(failed > 0)


main()
