#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Dynamic lists under load: changes by the thousands, wide ones that need a
new generation, entries that end together, a restart in the middle."""

import signal
import time

from control import Control, allowed
from harness import Agent, SLOW, attempt, done, note, wait_until
from load import Load
from spop import Peer

CONFIG = '''
control: {socket: "{dir}/control.sock", mode: "0600"}
state-directory: "{dir}/state"
lists:
  drop: {file: drop.txt}
  manual:
    dynamic: true
    guard: {never: [192.0.2.0/24, kept], deny: [198.18.0.9]}
  kept: {dynamic: true}
policies:
  default:
    return: [allowed]
    rules: [{deny: [drop, manual]}]
'''
CHANGES = 20000 // SLOW
ENDING = 20000 // SLOW


def address(number):
    return f'10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}'


def entries(name='manual'):
    rows = {row['name']: row for row in control.json('show lists')}
    return rows[name]['entries']


def pipelined(commands, depth=64):
    """The answers, in order; so many commands are on their way at a time."""
    answers = []
    for at in range(0, len(commands), depth):
        part = commands[at:at + depth]
        control.send(''.join(command + '\n' for command in part))
        answers += [control.read() for _ in part]
    return answers


def many_changes():
    began = time.monotonic()
    answers = pipelined([f'add list manual {address(i)}'
                         for i in range(CHANGES)])
    took = time.monotonic() - began
    note(f'{CHANGES / took:.0f} changes a second over the control socket')
    assert answers[-1] == f'{address(CHANGES - 1)} is in manual', answers[-1]
    assert entries() == CHANGES
    for number in (0, 1, CHANGES // 2, CHANGES - 1):
        assert allowed(peer, address(number)) is False
    assert allowed(peer, address(CHANGES)) is True


def wide_and_narrow():
    """A narrow one does not wait for the generation of a wide one."""
    for number in range(5):
        answer = control.ask(f'add list manual 11.{number}.0.0/16')
        assert answer.endswith('is in manual'), answer
        assert allowed(peer, f'11.{number}.200.1') is False
    answer = control.ask('add list manual 12.0.0.0/8')
    assert allowed(peer, '12.200.0.1') is False, answer
    control.ask('add list manual 12.1.2.3')
    control.ask('del list manual 12.0.0.0/8')
    assert allowed(peer, '12.200.0.1') is True
    assert allowed(peer, '12.1.2.3') is False
    control.ask('del list manual 12.1.2.3')
    assert allowed(peer, '12.1.2.3') is True


def wide_while_changing():
    """What changes while a generation is built is in that too."""
    with Control(agent) as other:
        for number in range(20):
            other.send(f'add list manual 13.{number}.0.0/16\n')
            for host in range(50):
                control.ask(f'add list manual 14.0.{number}.{host}')
            for host in range(0, 50, 2):
                control.ask(f'del list manual 14.0.{number}.{host}')
            other.read()
            assert allowed(peer, f'13.{number}.1.1') is False
    for number in range(20):
        for host in (0, 1, 24, 25, 48, 49):
            assert allowed(peer, f'14.0.{number}.{host}') is \
                (host % 2 == 0), (number, host)


def guarded():
    for prefix in ('192.0.2.9', '192.0.0.0/20', '192.0.2.0/24', '1.0.0.0/7'):
        answer = control.json(f'add list manual {prefix}')
        assert answer.get('ok') is not True, answer
    control.ask('add list kept 198.51.100.7')
    for prefix in ('198.51.100.7', '198.51.100.0/24'):
        answer = control.json(f'add list manual {prefix}')
        assert answer.get('ok') is not True, answer
    assert allowed(peer, '198.51.100.7') is True
    control.ask('add list manual 198.18.0.0/24')
    control.ask('add list manual 198.18.0.9')
    control.ask('del list manual 198.18.0.9')
    answer = control.json('del list manual 198.18.0.0/24')
    assert answer.get('ok') is not True, answer
    assert allowed(peer, '198.18.0.9') is False


def end_together():
    before = entries()
    pipelined([f'add list manual {address(0x200000 + i)} for 2s'
               for i in range(ENDING)])
    assert allowed(peer, address(0x200000)) in (True, False)
    assert wait_until(lambda: entries() == before, 20 * SLOW), entries()
    for number in (0, ENDING // 2, ENDING - 1):
        assert allowed(peer, address(0x200000 + number)) is True


def killed():
    control.ask('add list manual 15.0.0.1')
    control.ask('add list manual 15.0.0.2 for 1h')
    control.ask('add list manual 15.0.0.3 for 1s')
    control.ask('del list manual 15.0.0.1')
    agent.signal(signal.SIGKILL)
    agent.process.wait()
    time.sleep(1)
    agent.start()


def is_still_there(wanted):
    assert entries() == wanted, (entries(), wanted)
    assert allowed(peer, '15.0.0.1') is True
    assert allowed(peer, '15.0.0.2') is False
    assert allowed(peer, '15.0.0.3') is True
    assert allowed(peer, '11.3.200.1') is False
    assert allowed(peer, address(7)) is False


def cleared():
    count = entries('kept')
    answer = control.ask(f'clear list kept {count + 1}')
    assert entries('kept') == count, answer
    control.ask(f'clear list kept {count}')
    assert entries('kept') == 0


def reloaded():
    count = entries()
    assert agent.reload(CONFIG)['result'] == 'ok'
    assert entries() == count
    assert allowed(peer, address(7)) is False
    event = agent.reload(CONFIG.replace('  kept: {dynamic: true}',
                                        '  kept: [198.51.100.7]'))
    assert event['result'] == 'ok', event
    assert entries('kept') == 1
    assert agent.reload(CONFIG)['result'] == 'ok'
    assert entries('kept') == 0 and entries() == count


with Agent(CONFIG, files={'drop.txt': '203.0.113.0/24\n'}) as agent:
    with Control(agent) as control, Peer(agent.address) as peer:
        peer.hello()
        with Load(agent.address, peers=1, depth=4, pause=0.001) as load:
            attempt(f'{CHANGES} changes', many_changes)
            attempt('wide ones', wide_and_narrow)
            attempt('changes while a generation is built', wide_while_changing)
            attempt('guards', guarded)
            attempt(f'{ENDING} entries end', end_together)
        attempt('nobody had to wait, no answer was lost',
                lambda: load.verdict() == '' or 1 / 0)
        attempt('cleared', cleared)
        attempt('reloaded', reloaded)
        count = entries()
        attempt('killed', killed)
    with Control(agent) as control, Peer(agent.address) as peer:
        peer.hello()
        attempt('all of it is still there', is_still_there, count + 1)
done()
