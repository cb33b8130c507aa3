#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Out of descriptors, and at limits.connections: no spinning, no flood of log
lines, nobody already connected notices, and all are served when it is over."""

import socket
import time

from harness import Agent, SLOW, attempt, done, note, tap, wait_until
from load import Load, message
from spop import Peer

POLICY = 'policies: {default: {return: [allowed]}}\n'
SECONDS = 10


def connect_all(agent, count):
    peers = []
    for _ in range(count):
        sock = socket.create_connection(('127.0.0.1', agent.port), 5)
        peer = Peer(timeout=10)
        peer.sock = sock
        peers.append(peer)
    return peers


def greet(peer):
    peer.hello()
    peer.ask(1, 1, message())


def starve(agent, clients, name):
    """Connects clients, more than fit, and looks at what that costs."""
    with Load(agent.address, peers=2, depth=5, pause=0.05) as load:
        wait_until(lambda: load.answers > 0)
        peers = connect_all(agent, clients)
        cpu, began, lines = agent.cpu(), time.monotonic(), len(
            agent.log.splitlines())
        answers = load.answers
        # The hello-timeout is long: those who were let in stay.
        time.sleep(SECONDS)
        passed = time.monotonic() - began
        share = (agent.cpu() - cpu) / passed
        lines = len(agent.log.splitlines()) - lines
        tap(share < 0.05 * SLOW,
            f'{name}: {share:.2%} of a CPU while it lasts')
        tap(lines <= passed + 1, f'{name}: {lines} log lines in {passed:.0f} s')
        tap(agent.events('accept-pause'), f'{name}: the log says why')
        tap(load.answers > answers and not load.failures,
            f'{name}: those connected are served', load.verdict())
        open_now = agent.descriptors()
        # One leaves after the other has been served: all get their turn.
        began = time.monotonic()
        served = 0
        for peer in peers:
            try:
                greet(peer)
                served += 1
            except Exception as error:  # counted
                note(f'{name}: {error}')
            peer.close()
            if served == 1:
                first = time.monotonic() - began
        passed = time.monotonic() - began
        tap(served == clients, f'{name}: {served} of {clients} served, '
            f'with {open_now} descriptors in use')
    tap(load.verdict() == '', f'{name}: no answer was lost', load.verdict())
    return passed, first


def recover(agent, clients, name):
    """All let go at once: within three seconds a new one is served."""
    peers = connect_all(agent, clients)
    time.sleep(3)
    for peer in peers:
        peer.close()
    began = time.monotonic()
    with Peer(agent.address, timeout=10) as peer:
        greet(peer)
    passed = time.monotonic() - began
    tap(passed < 3.0 * SLOW, f'{name}: served again after {passed:.2f} s')


CONFIG = ('threads: 2\nlimits: {connections: 1000, hello-timeout: 60s}\n' +
          POLICY)
with Agent(CONFIG, nofile=64) as agent:
    tap(agent.events('few-descriptors'), 'a low limit is warned of')
    before = agent.descriptors()
    starve(agent, 200, 'EMFILE')
    recover(agent, 200, 'EMFILE')
    tap(wait_until(lambda: agent.descriptors() <= before, 10),
        'EMFILE: all descriptors are back', agent.descriptors())

CONFIG = ('threads: 2\nlimits: {connections: 20, hello-timeout: 60s}\n' +
          POLICY)
with Agent(CONFIG) as agent:
    before = agent.descriptors()
    starve(agent, 60, 'limits.connections')
    recover(agent, 60, 'limits.connections')
    most = agent.descriptors() - before
    tap(most <= 20, 'limits.connections: no more than these', most)

with Agent('threads: 2\n' + POLICY) as agent:
    peers = connect_all(agent, 60)
    for peer in peers:
        attempt_name = greet(peer)
    attempt('without a limit all are served', greet, Peer(agent.address))
    for peer in peers:
        peer.close()
done()
