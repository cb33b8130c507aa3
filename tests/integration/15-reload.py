#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reloads under load: no answer is lost or mixed, a bad configuration changes
nothing, and what cannot change is said."""

import signal
import time

from harness import (Agent, SLOW, attempt, done, note, tap, wait_until)
from load import Load, message
from spop import Peer

RELOADS = 60 // SLOW


def config(number, extra=''):
    """Odd generations allow, even ones deny: the verdict tells which."""
    word = 'allow' if number % 2 else 'deny'
    return f'''
threads: 2
limits: {{frame-size: 32k, frame-timeout: 1s{extra}}}
lists: {{drop: {{file: drop.txt}}}}
policies:
  default: {{default: {word}, return: [generation, verdict, allowed],
             rules: [{{deny: [drop]}}]}}
'''


def consistent(ack):
    generation = ack.get('generation')
    word = 'allow' if generation % 2 else 'deny'
    assert ack.get('verdict') == word, (generation, ack.get('verdict'))
    assert ack.get('allowed') is (word == 'allow')
    assert ack.actions[0][1] == 'ok' and ack.get('ok') is True


def ask(agent):
    with Peer(agent.address) as peer:
        peer.hello()
        return peer.ask(1, 1, message())


def good_reloads(agent):
    for number in range(2, 2 + RELOADS):
        event = agent.reload(config(number))
        assert event['result'] == 'ok', event
        assert event['generation'] == str(number), event
        assert ask(agent).get('generation') == number


def storm(agent, last):
    """Signals faster than reloads: they count as one or as some."""
    agent.write(config(last))
    for _ in range(100):
        agent.signal(signal.SIGUSR2)
        time.sleep(0.002)
    agent.write(config(last + 1))
    agent.reload()


BAD = [
    ('a misspelt key', 'policies: {default: {retrun: []}}', 'truesrc.yaml:2:22'),
    ('not YAML', 'policies: {default: [', ''),
    ('a list file that is not there',
     'lists: {x: {file: nowhere.txt}}\npolicies: {default: {}}', 'truesrc.yaml:2:'),
    ('a list file with a mistake',
     'lists: {x: {file: bad.txt}}\npolicies: {default: {}}', 'bad.txt:2:'),
    ('no mapping', 'listen: x\npolicies: y', ''),
]


def bad_reload(agent, text, place):
    generation = ask(agent).get('generation')
    event = agent.reload(text)
    assert event['result'] == 'failed', event
    assert event['generation'] == str(generation), event
    errors = [line for line in agent.events('configuration')
              if line['level'] == 'error']
    assert errors, 'nothing is said'
    assert place in errors[-1].get('at', ''), errors[-1]
    assert ask(agent).get('generation') == generation


with Agent(config(1), files={'drop.txt': '203.0.113.0/24\n',
                             'bad.txt': '192.0.2.1\nnonsense\n'}) as agent:
    with Load(agent.address, peers=2, depth=20, check=consistent) as load:
        attempt(f'{RELOADS} reloads', good_reloads, agent)
    tap(load.verdict() == '', f'{load.answers} answers, each by one '
        'generation', load.verdict())
    note(f'the longest took {load.longest:.3f} s')
    tap(load.longest < 1.0 * SLOW, 'none had to wait')

    memory = agent.rss()
    generation = ask(agent).get('generation')
    with Load(agent.address, peers=2, depth=20) as load:
        attempt('more signals than reloads', storm, agent, generation + 1)
    tap(load.verdict() == '', f'{load.answers} answers', load.verdict())
    note(f'{(agent.rss() - memory) / 1024:.0f} KiB more than before')

    agent.reload(config(1))
    with Load(agent.address, peers=2, depth=5, pause=0.001) as load:
        for name, text, place in BAD:
            attempt(f'refused: {name}', bad_reload, agent, text, place)
    tap(load.verdict() == '', f'{load.answers} answers meanwhile',
        load.verdict())

    # A large list is read and built beside those who answer.
    agent.write_file('drop.txt', '\n'.join(
        f'100.{i >> 14 & 255}.{i >> 6 & 255}.{i << 2 & 255}'
        for i in range(400000 // SLOW)))
    with Load(agent.address, peers=2, depth=20) as load:
        event = agent.reload(config(1), seconds=60)
        tap(event['result'] == 'ok', 'a large list', event)
    tap(load.verdict() == '' and load.longest < 0.5 * SLOW,
        f'{load.answers} answers meanwhile, {load.longest:.3f} s at most',
        load.verdict())
    agent.write_file('drop.txt', '203.0.113.0/24\n')

    # What needs a restart is named, the rest applies.
    with Peer(agent.address) as old:
        old.hello()
        event = agent.reload(config(1, ', connections: 7').replace(
            'threads: 2', 'threads: 3').replace('32k', '20k').replace(
            'return: [', 'return: [rule, ').replace(
            'lists:', 'listen: [{address: 127.0.0.1:1}]\nlists:', 1))
        tap(event['result'] == 'ok', 'such a reload is taken', event)
        keys = {event['key'] for event in agent.events('not-reloaded')}
        tap(keys == {'listen', 'threads', 'limits.connections',
                     'limits.frame-size'}, 'what needs a restart is named',
            keys)
        tap(old.ask(1, 1, message()).get('rule') == 'default',
            'an open connection has the new policy')
        tap(ask(agent).get('rule') == 'default', 'and so has a new one')

    event = agent.reload('limits: {pipelining: false, hello-timeout: 300ms}\n'
                         'policies: {default: {}}')
    with Peer(agent.address) as peer:
        tap('pipelining' not in peer.hello().capabilities,
            'pipelining applies to new connections')
    with Peer(agent.address) as peer:
        began = time.monotonic()
        attempt('and so do timeouts',
                lambda: peer.recv_disconnect()[0] == 2)
        tap(time.monotonic() - began < 0.3 + SLOW, 'at their time')

    # An idle agent lets its old generations go.
    for number in range(10):
        agent.reload(config(number))
    tap(not agent.events('reload-waits'), 'no reload had to wait',
        agent.events('reload-waits'))
    agent.write(config(1) + 'log: {format: json}\n')
    agent.signal(signal.SIGHUP)
    tap(wait_until(lambda: '"event":"reload"' in agent.log, 5),
        'the log speaks JSON when told so')
done()
