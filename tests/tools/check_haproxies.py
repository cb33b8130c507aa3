#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""When there are too few HAProxys, and what the closing line says then."""

import os
import sys

import haproxies
from haproxies import Program

ALL = ('2.6.12-1', '3.0.11-1', '3.2.26-1', '3.4.7-1')

CASES = [
    # versions, why they are too few
    (ALL, ''),
    (ALL[:3], ''),
    (('2.6.12-1', '3.0.11-1', '3.4.7-1'), ''),
    (ALL[1:], '2.6 is missing'),
    (ALL[:1] + ALL[2:], '3.0 is missing'),
    (ALL[:2], 'one of 3.1 or newer is missing'),
    (ALL[:1], '3.0 is missing'),
    ((), '2.6 is missing'),
]


def expected_closing(versions, why):
    names = 'HAProxy ' + (', '.join(versions) or 'none')
    if not why:
        return names, names
    return (f'{names} (TOO FEW: {why})',
            f'{names} (skipped by ALLOW_SKIP=1: {why})')


def main():
    results = []

    def report(name, good):
        results.append(good)
        print(f"{'ok' if good else 'not ok'} {len(results)} - {name}")

    for versions, why in CASES:
        programs = [Program('', version) for version in versions]
        name = ', '.join(versions) or 'none'
        report(name, haproxies.missing(programs) == why)
        said = []
        for allowed in ('0', '1'):
            os.environ['ALLOW_SKIP'] = allowed
            said.append(haproxies.closing(programs))
        report(f'{name}: the closing line',
               tuple(said) == expected_closing(versions, why))
    print(f'1..{len(results)}')
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
