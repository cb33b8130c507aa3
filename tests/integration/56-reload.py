#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reloads under load: every request is answered, by one policy or the other
and never by a mixture."""

import signal
import threading
import time

from harness import SLOW, Agent, done, tap
from matrix import some_cells
from proxy import App, example, example_lists, example_policy, xff

BALANCER = '127.0.0.1'
CLIENTS = 8
SECONDS = 3

# The two policies differ in the address that is refused.
FIRST, SECOND = '192.0.2.7', '192.0.2.8'


def policy(refused):
    return example_policy().replace(
        '      - {deny: [drop], name: blocked, status: 403}\n',
        f'      - {{deny: [drop, {refused}], name: blocked}}\n')


class Load(threading.Thread):
    """Asks on and on, on one connection, as three clients of its own and the
    two whose verdict changes."""

    def __init__(self, number, haproxy, end):
        super().__init__()
        self.addresses = [f'203.0.113.{number}', f'2001:db8:77::{number}',
                          f'10.1.2.{number}']
        self.haproxy = haproxy
        self.end = end
        self.count = 0
        self.wrong = []
        self.statuses = {FIRST: set(), SECOND: set()}

    def run(self):
        try:
            with self.haproxy.client(BALANCER) as client:
                while time.monotonic() < self.end:
                    self.turn(client)
        except OSError as error:
            self.wrong.append(error)

    def turn(self, client):
        for address in self.addresses:
            response = client.get(xff(f'198.51.100.1, {address}'))
            if (response.status != 200 or
                    response.header('X-Real-IP') != address):
                self.wrong.append((address, response.status, response.body))
        for address, statuses in self.statuses.items():
            statuses.add(client.get(xff(address)).status)
        self.count += 5


def run_load(haproxy, agent):
    end = time.monotonic() + SECONDS
    threads = [Load(number + 1, haproxy, end) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    reloads = 0
    while time.monotonic() < end - 0.2:
        outcome = agent.reload(policy(SECOND if reloads % 2 == 0 else FIRST))
        reloads += 1
        if outcome.get('result') != 'ok':
            tap(False, 'reload', outcome)
        time.sleep(0.05 * SLOW)
    for thread in threads:
        thread.join()
    return threads, reloads


def check_reloads(label, program, agent, app):
    with example(program, 'haproxy-http.cfg', program.agent(agent), app,
                 TRUESRC_RATE='1000000') as haproxy:
        haproxy.wait_state('UP')
        threads, reloads = run_load(haproxy, agent)
        count = sum(thread.count for thread in threads)
        wrong = [item for thread in threads for item in thread.wrong]
        tap(not wrong, f'{label}: {count} requests, {reloads} reloads, each '
            'answer there and right', wrong[:5])
        for address in (FIRST, SECOND):
            statuses = set().union(*(thread.statuses[address]
                                     for thread in threads))
            tap(statuses == {200, 403},
                f'{label}: both policies were at work on {address}', statuses)
        tap(haproxy.server_state() == ('UP', 'L7OK'),
            f'{label}: the check noticed nothing', haproxy.server_state())


def check_bad_reload(label, program, agent, app):
    """A configuration that is refused changes nothing."""
    with example(program, 'haproxy-http.cfg', program.agent(agent),
                 app) as haproxy:
        haproxy.wait_state('UP')
        agent.reload(policy(FIRST))
        agent.reload('policies: {default: {nonsense: 1}}\n')
        with haproxy.client(BALANCER) as client:
            statuses = [client.get(xff(address)).status
                        for address in (FIRST, SECOND)]
        tap(statuses == [403, 200],
            f'{label}: a bad configuration leaves the good one', statuses)
        agent.reload(policy(SECOND))
        with haproxy.client(BALANCER) as client:
            statuses = [client.get(xff(address)).status
                        for address in (FIRST, SECOND)]
        tap(statuses == [200, 403], f'{label}: and the next good one counts',
            statuses)


def check_list_file(label, program, agent, app):
    """A list file is read again."""
    with example(program, 'haproxy-http.cfg', program.agent(agent),
                 app) as haproxy:
        haproxy.wait_state('UP')
        with haproxy.client(BALANCER) as client:
            before = client.get(xff('203.0.113.77')).status
            # One entry for another: a guard would refuse to lose more.
            agent.write_file(
                'lists/drop.txt', example_lists()['lists/drop.txt'].replace(
                    '203.0.113.66', '203.0.113.77'))
            agent.reload(example_policy())
            after = client.get(xff('203.0.113.77')).status
            freed = client.get(xff('203.0.113.66')).status
            for name, text in example_lists().items():
                agent.write_file(name, text)
            agent.reload(example_policy())
        tap((before, after, freed) == (200, 403, 200),
            f'{label}: a changed list counts from the reload on',
            (before, after, freed))


def main():
    assert policy(FIRST) != example_policy()
    with App() as app:
        for program, other in zip(some_cells(), some_cells(other=True)):
            with Agent(policy(FIRST), files=example_lists()) as agent:
                check_reloads(program.name, program, agent, app.address)
                check_reloads(other.name, other, agent, app.address)
                check_bad_reload(program.name, program, agent, app.address)
                check_list_file(program.name, program, agent, app.address)
                agent.signal(signal.SIGUSR2)
    done()


if __name__ == '__main__':
    main()
