#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The shipped files, and an agent that misbehaves in every way that is known:
without a clear yes nobody gets in, or HAProxy decides alone, as the file says.
The agent itself must be like none of these but the first: 59-wire.py."""

import concurrent.futures
import pathlib
import re
import shutil
import tempfile
import time

from harness import Agent, done, tap
from bad_agent import BEHAVIOURS, CLIENT, EITHER, HALF, NO, YES, BadAgent
from matrix import cells, some_cells
from proxy import (EXAMPLES, App, HAProxy, example, example_lists,
                   example_policy, probe, xff)

BALANCER = '127.0.0.1'
TIMEOUT = 0.2
LONG_TIMEOUT = 5.0  # where an answer comes
# Beyond TIMEOUT: a loaded machine, and retries of HAProxy 3.1 and newer, which
# tries a connection that is refused three times more, a second apart.
PATIENCE = 6.0

CLOSED, OPEN = 'haproxy-http.cfg', 'haproxy-fail-open.cfg'


def ask(haproxy):
    began = time.monotonic()
    outcome = probe(haproxy, xff('203.0.113.9'), BALANCER)
    return (outcome.status, outcome.response.header('X-Client-Proven'),
            outcome.response.header('X-Real-IP'), time.monotonic() - began)


def milliseconds(seconds):
    return f'{seconds * 1000:.0f}ms'


def expected(file, kind):
    """Outcomes that are right, as (status, proven, client)."""
    with_answer = (200, '1', CLIENT)
    without = ((503, None, None) if file == CLOSED
               else (200, 'degraded', '203.0.113.9'))
    return {YES: (with_answer,), NO: (without,),
            EITHER: (with_answer, without), HALF: ((403, None, None),)}[kind]


def judge(name, outcomes, file, kind):
    """A test's result: good, name, why."""
    right = expected(file, kind)
    good_ones = all(outcome[:3] in right and outcome[3] < PATIENCE
                    for outcome in outcomes)
    slowest = max(outcome[3] for outcome in outcomes)
    return good_ones, f'{name}, {slowest * 1000:.0f} ms', outcomes


def try_behaviour(cell, file, row, app, directory):
    name, behaviour, kind = row
    timeout = LONG_TIMEOUT if kind == YES else TIMEOUT
    path = None
    if cell.spop == 'unix':
        path = directory / f'{cell.program.name}-{BEHAVIOURS.index(row)}'
    with BadAgent(behaviour, path) as agent, \
            example(cell, file, agent.address, app, parent=directory,
                    TRUESRC_TIMEOUT=milliseconds(timeout)) as haproxy:
        haproxy.wait_state('UP')
        outcomes = [ask(haproxy) for _ in range(3)]
        if agent.asked == 0:
            outcomes.append(('not asked', None, None, 0))
    return judge(f'{cell.name} {file}: {name}', outcomes, file, kind)


def without_check(directory):
    """The shipped files, but that no server is checked."""
    target = directory / 'unchecked'
    shutil.copytree(EXAMPLES, target)
    for path in target.glob('*.cfg'):
        text = path.read_text()
        assert re.search(r' check inter \S+ fall 2 rise 1', text), path
        path.write_text(re.sub(r' check inter .*', '', text))
    return target


def try_nobody(cell, file, app, directory):
    """Nobody listens: unknown to HAProxy without a check, known with one."""
    path = directory / f'{cell.program.name}-nobody'
    address = f'unix@{path}' if cell.spop == 'unix' else '127.0.0.1:1'
    env = {'TRUESRC_AGENT': address, 'TRUESRC_APP': app,
           'TRUESRC_TIMEOUT': milliseconds(TIMEOUT)}
    with HAProxy(cell, directory / 'unchecked' / file, None, env,
                 directory) as haproxy:
        results = [judge(f'{cell.name} {file}: not listening, no check',
                         [ask(haproxy) for _ in range(3)], file, NO)]
    with HAProxy(cell, EXAMPLES / file, None, env, directory) as haproxy:
        down = haproxy.wait_state('DOWN', 20)
        outcomes = sorted((ask(haproxy) for _ in range(9)),
                          key=lambda outcome: outcome[3])
        result = judge(f'{cell.name} {file}: known to be down', outcomes,
                       file, NO)
        quick = down and outcomes[4][3] < TIMEOUT
        return results + [(result[0] and quick, *result[1:])]


def try_long_headers(cell, app, agent):
    """A frame that does not fit: the shipped file refuses before it asks."""
    results = []
    with example(cell, CLOSED, cell.agent(agent), app) as haproxy:
        haproxy.wait_state('UP')
        for size in (2001, 8500, 12000, 15000):
            status = haproxy.get(xff('1' * size), BALANCER).status
            results.append((status == 400,
                            f'{cell.name}: X-Forwarded-For of {size} bytes',
                            status))
    return results


def main():
    with tempfile.TemporaryDirectory(prefix='truesrc-bad-') as name, \
            Agent(example_policy(), files=example_lists()) as agent, \
            App() as app, concurrent.futures.ThreadPoolExecutor(6) as pool:
        directory = pathlib.Path(name)
        without_check(directory)
        futures = []
        for file, chosen in ((CLOSED, some_cells()), (OPEN, some_cells(True))):
            for cell in chosen:
                futures.append(pool.submit(try_nobody, cell, file,
                                           app.address, directory))
                futures += [pool.submit(try_behaviour, cell, file, row,
                                        app.address, directory)
                            for row in BEHAVIOURS]
        futures += [pool.submit(try_long_headers, cell, app.address, agent)
                    for cell in cells()]
        for future in futures:
            results = future.result()
            for result in results if isinstance(results, list) else [results]:
                tap(*result)
    done()


if __name__ == '__main__':
    main()
