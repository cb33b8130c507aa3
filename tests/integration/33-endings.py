#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Told to leave in the middle of a reload, whatever stage it has come to, the
agent ends in good order and leaves nothing behind (which the address sanitizer
sees)."""

import signal
import time

from harness import SLOW, Agent, done, tap

LISTS = '''\
lists:
  plain: [192.0.2.1]
  file: {{file: list.txt}}
policies:
  default:
    rules: [{{deny: [plain, file]}}]
# {0}
'''


def check(pause):
    lines = ''.join(f'10.{i >> 8 & 255}.{i & 255}.1\n' for i in range(20000))
    with Agent(LISTS.format(0), files={'list.txt': lines}) as agent:
        agent.write(LISTS.format(1))
        agent.write_file('list.txt', lines + '192.0.2.7\n')
        agent.signal(signal.SIGHUP)
        time.sleep(pause)
        agent.signal(signal.SIGINT)
        code = agent.wait()
        return code, agent.log


def main():
    failures = []
    for turn in range(40):
        pause = turn * 0.0008 * SLOW
        code, log = check(pause)
        if code != 0:
            failures.append(f'{pause * 1000:.1f} ms: {code}\n{log}')
    tap(not failures, 'a reload that is cut off at any time leaves nothing',
        failures[0] if failures else '')
    done()


main()
