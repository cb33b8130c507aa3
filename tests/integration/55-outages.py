#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Health checks, and what the fail-closed and fail-open files do when the
agent dies, hangs, comes back or leaves."""

import pathlib
import random
import signal
import socket
import threading
import time

from harness import SLOW, Agent, done, tap, wait_until
from matrix import some_cells
from proxy import (App, example, example_lists, example_policy,
                   probe, xff)

BALANCER, OFFICE, CLIENT = '127.0.0.1', '198.51.100.7', '203.0.113.9'
REFUSED = '203.0.113.66'
TIMEOUT = {'TRUESRC_TIMEOUT': f'{250 * SLOW}ms'}


def quiet_port():
    """One that the system gives to nobody while its owner is gone."""
    while True:
        port = random.randrange(20000, 32768)
        with socket.socket() as sock:
            try:
                sock.bind(('127.0.0.1', port))
                return port
            except OSError:
                continue


def agent_on_fixed_port(program, drain='500ms'):
    """An agent that comes back where it was, and where HAProxy looks for it."""
    address = 'unix:{dir}/agent.sock'
    if program.spop == 'tcp':
        address = f'127.0.0.1:{quiet_port()}'
    agent = Agent(f'limits: {{drain-timeout: {drain}}}\n' +
                  example_policy(address), files=example_lists())
    address = address.replace('{dir}', str(agent.directory))
    return agent, address.replace('unix:', 'unix@', 1)


def hang(agent):
    """Stops it, and waits until no thread of it runs any more."""
    agent.signal(signal.SIGSTOP)
    tasks = pathlib.Path(f'/proc/{agent.pid}/task')
    wait_until(lambda: all(
        (task / 'stat').read_text().rpartition(')')[2].split()[0] == 'T'
        for task in tasks.iterdir()))


def ask(haproxy, entry):
    """Status, what the backend got as X-Client-Proven, and seconds."""
    began = time.monotonic()
    outcome = probe(haproxy, xff(entry) if entry else [], BALANCER)
    return (outcome.status, outcome.response.header('X-Client-Proven'),
            time.monotonic() - began)


def miss_second(haproxy, name):
    """Until the check has missed it, half of all is asked of the second agent,
    which is not there."""
    if name == 'haproxy-fail-closed.cfg':
        haproxy.wait_state('DOWN', server='agent2')


def check_closed(label, haproxy, when):
    """Nobody gets in."""
    statuses = [ask(haproxy, entry)[0]
                for entry in (OFFICE, CLIENT, REFUSED, None)]
    tap(statuses == [503] * 4, f'{label}: closed {when}', statuses)


def check_open(label, haproxy, when):
    """HAProxy decides: by the last hop and its own list."""
    got = [ask(haproxy, entry)[:2] for entry in (OFFICE, CLIENT, REFUSED)]
    tap(got == [(200, 'degraded'), (200, 'degraded'), (403, None)],
        f'{label}: open {when}, but not for the listed', got)
    outcome = probe(haproxy, xff('192.0.2.1, 203.0.113.9'), BALANCER)
    tap(outcome.response.header('X-Real-IP') == CLIENT and
        outcome.source == CLIENT,
        f'{label}: the last hop is the client {when}', outcome.line)
    outcome = probe(haproxy, xff('::ffff:203.0.113.66'), BALANCER)
    tap(outcome.status == 403,
        f'{label}: a listed one is not hidden by mapping {when}',
        outcome.line)
    outcome = probe(haproxy, xff(CLIENT), '127.0.0.66')
    tap(outcome.status == 403,
        f'{label}: a stranger is judged as itself {when}', outcome.line)


def check_normal_closed(label, haproxy, when):
    got = [ask(haproxy, entry)[0] for entry in (OFFICE, CLIENT, None)]
    tap(got == [200, 403, 403], f'{label}: the office gets in {when}', got)


def check_normal_open(label, haproxy, when):
    got = [ask(haproxy, entry)[:2] for entry in (OFFICE, CLIENT, REFUSED)]
    tap(got == [(200, '1'), (200, '1'), (403, None)],
        f'{label}: the agent decides {when}', got)


def check_quick(label, haproxy, when):
    """A server known to be down costs nothing, once each thread of HAProxy
    knows it: up to 3.0 one request a thread still waits."""
    seconds = sorted(ask(haproxy, CLIENT)[2] for _ in range(12))
    tap(seconds[6] < 0.1, f'{label}: quickly so {when}', seconds)


def check_file(label, program, name, app, normal, without):
    agent, address = agent_on_fixed_port(program)
    with agent, example(program, name, address, app, **TIMEOUT) as haproxy:
        tap(haproxy.wait_state('UP') and
            haproxy.server_state() == ('UP', 'L7OK'),
            f'{label}: the check finds the agent up', haproxy.server_state())
        miss_second(haproxy, name)
        normal(label, haproxy, 'at first')

        hang(agent)
        without(label, haproxy, 'when it hangs')
        tap(haproxy.wait_state('DOWN', 20),
            f'{label}: the check finds that it hangs')
        agent.signal(signal.SIGCONT)
        tap(haproxy.wait_state('UP', 20), f'{label}: and that it goes on')
        normal(label, haproxy, 'when it goes on')

        agent.kill()
        without(label, haproxy, 'when it is killed')
        tap(haproxy.wait_state('DOWN', 20), f'{label}: the check misses it')
        check_quick(label, haproxy, 'when it is gone')
        without(label, haproxy, 'when it is gone')
        agent.start()
        tap(haproxy.wait_state('UP', 20), f'{label}: the check finds it again')
        normal(label, haproxy, 'when it is back')

        agent.signal(signal.SIGTERM)
        tap(agent.wait() == 0, f'{label}: it leaves when asked', agent.log)
        tap(haproxy.wait_state('DOWN', 20), f'{label}: and is missed')
        without(label, haproxy, 'when it has left')


def check_kept_connection(label, program, app):
    """A connection that was let in is asked about again at each request."""
    agent, address = agent_on_fixed_port(program)
    with agent, example(program, 'haproxy-fail-closed.cfg', address, app,
                        **TIMEOUT) as haproxy:
        haproxy.wait_state('UP')
        miss_second(haproxy, 'haproxy-fail-closed.cfg')
        with haproxy.client(BALANCER) as client:
            before = probe(haproxy, xff(OFFICE), client=client)
            agent.kill()
            after = probe(haproxy, xff(OFFICE), client=client)
        tap((before.status, after.status) == (200, 503) and
            after.said.client_ip == '-',
            f'{label}: an old answer is not used again', after.line)


def check_soft_stop(label, program, app):
    """An agent that leaves softly is found down while it still serves."""
    agent, address = agent_on_fixed_port(program)
    with agent, example(program, 'haproxy-fail-closed.cfg', address, app,
                        **TIMEOUT) as haproxy:
        haproxy.wait_state('UP')
        miss_second(haproxy, 'haproxy-fail-closed.cfg')
        tap(ask(haproxy, OFFICE)[0] == 200, f'{label}: at work')
        agent.signal(signal.SIGUSR1)
        tap(haproxy.wait_state('DOWN', 20),
            f'{label}: a soft stop is found by the check',
            haproxy.server_state())
    # The with statement wants it to end with 0, whenever it does.


def check_second_agent(label, program, app):
    """With two agents, one may go."""
    one, address = agent_on_fixed_port(program)
    two, address2 = agent_on_fixed_port(program)
    with one, two, example(program, 'haproxy-fail-closed.cfg', address, app,
                           TRUESRC_AGENT2=address2, **TIMEOUT) as haproxy:
        haproxy.wait_state('UP')
        haproxy.wait_state('UP', server='agent2')
        statuses = [ask(haproxy, OFFICE)[0] for _ in range(10)]
        tap(statuses == [200] * 10, f'{label}: two agents', statuses)
        one.kill()
        haproxy.wait_state('DOWN', 20)
        statuses = [ask(haproxy, OFFICE)[0] for _ in range(20)]
        tap(statuses == [200] * 20, f'{label}: one of them alone', statuses)


class Load(threading.Thread):
    """Asks on and on; the office always gets in."""

    def __init__(self, haproxy, end):
        super().__init__()
        self.haproxy = haproxy
        self.end = end
        self.count = 0
        self.failed = []

    def run(self):
        with self.haproxy.client(BALANCER) as client:
            while time.monotonic() < self.end:
                status = client.get(xff(OFFICE)).status
                self.count += 1
                if status != 200:
                    self.failed.append(status)
                time.sleep(0.005)


def check_leaving(label, program, app, number):
    """One of two agents is told to leave under load. At the very moment a
    question may cross its good-bye; none is lost after that."""
    one, address = agent_on_fixed_port(program, '10s')
    two, address2 = agent_on_fixed_port(program, '10s')
    with one, two, example(program, 'haproxy-fail-closed.cfg', address, app,
                           TRUESRC_AGENT2=address2, **TIMEOUT) as haproxy:
        haproxy.wait_state('UP')
        haproxy.wait_state('UP', server='agent2')
        end = time.monotonic() + 5
        threads = [Load(haproxy, end) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        one.signal(number)
        for thread in threads:
            thread.join()
        count = sum(thread.count for thread in threads)
        failed = sum((thread.failed for thread in threads), [])
        tap(count > 100 and len(failed) <= 2,
            f'{label}: {count} requests while an agent leaves by '
            f'{signal.Signals(number).name}', failed)


def main():
    with App() as app:
        for program, other in zip(some_cells(), some_cells(other=True)):
            label = program.name
            check_file(f'{label} fail-closed', program,
                       'haproxy-fail-closed.cfg', app.address,
                       check_normal_closed, check_closed)
            check_file(f'{other.name} fail-open', other,
                       'haproxy-fail-open.cfg', app.address,
                       check_normal_open, check_open)
            check_kept_connection(label, program, app.address)
            check_kept_connection(other.name, other, app.address)
            check_soft_stop(other.name, other, app.address)
            check_second_agent(label, program, app.address)
            check_leaving(label, program, app.address, signal.SIGUSR1)
            check_leaving(other.name, other, app.address, signal.SIGTERM)
    done()


if __name__ == '__main__':
    main()
