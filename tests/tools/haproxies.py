#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The HAProxys that tests run with: the installed one, and those of other
Debian suites unpacked under .haproxy/ in the repository.

    haproxies.py            gets what is missing, prints which there are
    haproxies.py --closing  says in a few words which there are

Ends with 1 when there are too few: three at least, 2.6 and 3.0 among them and
one of 3.1 or newer, for these speak SPOP through another engine. ALLOW_SKIP=1
makes do with less, and says so.
"""

import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(HERE, '..', '..', '.haproxy')
SUITES = ('trixie', 'sid', 'experimental')
NEW_ENGINE = (3, 1)
NEVER_SKIPPED = ((2, 6), (3, 0))
LEAST = 3


class Program:
    """One HAProxy that can be run."""

    def __init__(self, path, full):
        self.path = path
        self.full = full                        # "3.2.26-1"
        parts = re.match(r'(\d+)\.(\d+)', full)
        self.version = (int(parts[1]), int(parts[2]))
        self.name = f'{parts[1]}.{parts[2]}'
        self.new_engine = self.version >= NEW_ENGINE

    def __repr__(self):
        return f'HAProxy {self.full}'


def ask(path):
    """The Program at path, or None when it does not run."""
    try:
        text = subprocess.run([path, '-v'], capture_output=True, text=True,
                              timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r'HAProxy version (\d+\.\d+\S*)', text)
    return Program(path, found[1]) if found else None


def installed():
    path = shutil.which('haproxy', path=os.environ.get('PATH', '') +
                        ':/usr/sbin:/usr/local/sbin')
    return ask(path) if path else None


def unpacked():
    for suite in SUITES:
        path = os.path.join(CACHE, suite, 'haproxy')
        if os.path.exists(path):
            yield ask(os.path.realpath(path))


def find():
    """All Programs here, oldest first, each version once."""
    programs = {}
    for program in [installed(), *unpacked()]:
        if program is not None:
            programs.setdefault(program.full, program)
    return sorted(programs.values(), key=lambda program: program.version)


def fetch():
    for suite in SUITES:
        subprocess.run(['sh', os.path.join(HERE, 'get-haproxy.sh'), suite,
                        os.path.join(CACHE, suite)],
                       stdout=subprocess.DEVNULL, check=False)


def missing(programs):
    """Why these are too few, or ''."""
    versions = {program.version for program in programs}
    for version in NEVER_SKIPPED:
        if version not in versions:
            return f'{version[0]}.{version[1]} is missing'
    if not any(program.new_engine for program in programs):
        return 'one of 3.1 or newer is missing'
    if len(versions) < LEAST:
        return f'{LEAST} versions are needed'
    return ''


def closing(programs):
    names = ', '.join(program.full for program in programs) or 'none'
    why = missing(programs)
    if why:
        word = ('skipped by ALLOW_SKIP=1'
                if os.environ.get('ALLOW_SKIP') == '1' else 'TOO FEW')
        return f'HAProxy {names} ({word}: {why})'
    return f'HAProxy {names}'


def main():
    if sys.argv[1:] == ['--closing']:
        print(closing(find()))
        return 0
    fetch()
    programs = find()
    for program in programs:
        print(f'# {program}: {program.path}')
    why = missing(programs)
    if not why:
        return 0
    print(f'# too few: {why}')
    return 0 if os.environ.get('ALLOW_SKIP') == '1' else 1


if __name__ == '__main__':
    sys.exit(main())
