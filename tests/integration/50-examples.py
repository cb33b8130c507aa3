#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The shipped files load without a warning, on every HAProxy, and truesrc
takes the shipped policy."""

import subprocess

from harness import TRUESRC, done, tap
from proxy import EXAMPLES, HAProxy, haproxies


def check_policy():
    path = EXAMPLES / 'truesrc.yaml'
    run = subprocess.run([TRUESRC, '-c', '-f', path], capture_output=True,
                         text=True, check=False)
    tap(run.returncode == 0, 'truesrc -c takes truesrc.yaml', run.stderr)
    tap(run.stderr.count('warning') == 0, 'without a warning', run.stderr)
    printed = subprocess.run([TRUESRC, '-c', '-dC', '-f', path],
                             capture_output=True, text=True, check=False)
    tap(printed.returncode == 0 and 'policies:' in printed.stdout,
        'truesrc -dC prints it', printed.stderr)


def check_files(program, files):
    for path in files:
        haproxy = HAProxy(program, path)
        code, text = haproxy.check()
        haproxy.stop()
        tap(code == 0 and 'WARN' not in text.upper(),
            f'{program.name}: {path.name} is free of warnings', text)


def main():
    files = sorted(EXAMPLES.glob('haproxy-*.cfg'))
    tap(len(files) == 6, 'six files are shipped', files)
    check_policy()
    for program in haproxies.find():
        check_files(program, files)
    done()


if __name__ == '__main__':
    main()
