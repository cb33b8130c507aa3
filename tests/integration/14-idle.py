#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""10,000 idle connections that each carried a frame of 16 KiB: what they cost,
and what remains when they are gone."""

import resource
import time

from harness import Agent, SLOW, done, note, tap, wait_until
from load import Load, message
from spop import Peer

COUNT = 10000
CONFIG = 'threads: 2\npolicies: {default: {return: [allowed]}}\n'

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
if hard < COUNT + 100:
    note(f'only {hard} open files are allowed here')
    COUNT = hard - 100

with Agent(CONFIG) as agent:
    with Peer(agent.address) as peer:   # what is needed once is there
        peer.hello()
        peer.ask(1, 1, message(('fill', 'f' * 16000)))
    before = agent.rss()
    descriptors = agent.descriptors()
    began = time.monotonic()
    peers = []
    for number in range(COUNT):
        # 127.0.0.2 and on, not to run out of ports.
        peer = Peer(agent.address, timeout=20)
        peer.hello()
        peer.ask(1, 1, message(('fill', 'f' * 16000)))
        peers.append(peer)
    note(f'{COUNT} connections after {time.monotonic() - began:.1f} s')
    grown = agent.rss() - before
    tap(SLOW > 1 or grown <= 4096 * COUNT,
        f'{grown / COUNT:.0f} bytes of memory each', f'{grown} bytes')
    cpu = agent.cpu()
    time.sleep(5)
    share = (agent.cpu() - cpu) / 5
    tap(share < 0.02, f'{share:.2%} of a CPU while idle')
    with Load(agent.address, peers=2, depth=10) as load:
        time.sleep(2)
    tap(load.verdict() == '' and load.longest < 0.5 * SLOW,
        f'{load.answers} good answers beside them, {load.longest:.3f} s '
        'at most', load.verdict())
    slow = [peer for peer in peers[::97]
            if not peer.ask(2, 1, message()).get('allowed')]
    tap(not slow, 'they are still served')
    for peer in peers:
        peer.close()
    tap(wait_until(lambda: agent.descriptors() <= descriptors, 30),
        'all descriptors are back', agent.descriptors())
    again = agent.rss()
    with Peer(agent.address) as peer:
        peer.hello()
        peer.ask(1, 1, message())
    note(f'{again - before} bytes more than before when they are gone')
done()
