#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Lists changed and configurations reloaded over the control socket: in force
before the answer, logged, there after a restart."""

import ipaddress
import threading
import time

from control import CONFIG, FILES, Control, allowed, asked, ctl
from harness import Agent, SLOW, attempt, done, wait_until
from load import Load
from spop import Peer


def in_force_before_the_answer():
    with Control(agent) as control, Peer(agent.address) as peer:
        peer.hello()
        for i in range(200):
            address = f'203.0.113.{i}'
            assert allowed(peer, address) is True
            answer = control.ask(f'add list manual {address}')
            assert answer == f'{address} is in manual', answer
            ack = asked(peer, address)
            assert ack.get('allowed') is False, address
            assert ack.get('list') == 'manual', address
            answer = control.ask(f'del list manual {address}')
            assert answer == f'{address} is no longer in manual', answer
            assert allowed(peer, address) is True, address


def of_any_width():
    with Control(agent) as control, Peer(agent.address) as peer:
        peer.hello()
        for prefix, inside in [('203.0.0.0/16', '203.0.113.7'),
                               ('203.0.113.0/24', '203.0.113.7'),
                               ('2001:db8:7::/48', '2001:db8:7::1'),
                               ('2001:db8::7', '2001:db8::7')]:
            assert allowed(peer, inside) is True, inside
            assert control.json(f'add list manual {prefix}')['ok'] is True
            assert allowed(peer, inside) is False, prefix
            assert control.json(f'del list manual {prefix}')['ok'] is True
            assert allowed(peer, inside) is True, prefix


def expires():
    with Control(agent) as control, Peer(agent.address) as peer:
        peer.hello()
        began = time.monotonic()
        row = control.json('add list manual 203.0.113.7 for 1s because test')
        assert row['until'] is not None, row
        entry = control.json('show list manual')[0]
        assert entry['prefix'] == '203.0.113.7', entry
        assert entry['reason'] == 'test' and entry['until'], entry
        assert allowed(peer, '203.0.113.7') is False
        assert wait_until(lambda: allowed(peer, '203.0.113.7'), 3 * SLOW)
        passed = time.monotonic() - began
        assert 0.9 < passed < 1.5 * SLOW, passed
        assert wait_until(lambda: control.json('show list manual') == [])


def clears():
    with Control(agent) as control, Peer(agent.address) as peer:
        peer.hello()
        for i in range(5):
            control.ask(f'add list manual 203.0.113.{i}')
        answer = control.ask('clear list manual 4')
        assert answer == 'error: manual holds 5, not 4', answer
        assert allowed(peer, '203.0.113.4') is False
        answer = control.ask('clear list manual 5')
        assert answer == 'manual is empty, it held 5', answer
        assert allowed(peer, '203.0.113.4') is True
        assert control.ask('clear list manual 0').startswith('manual is')


def survives_restart(end):
    with Control(agent) as control:
        control.ask('add list manual 203.0.113.7 for 1h because '
                    '"login flood; \\"them\\""')
        control.ask('add list manual 2001:db8:f::/48')
    end()
    agent.start()
    with Control(agent) as control, Peer(agent.address) as peer:
        peer.hello()
        assert allowed(peer, '203.0.113.7') is False
        assert allowed(peer, '2001:db8:f::1') is False
        rows = control.json('show list manual')
        assert [row['prefix'] for row in rows] == \
            ['203.0.113.7', '2001:db8:f::/48'], rows
        assert rows[0]['reason'] == 'login flood; "them"', rows
        assert rows[0]['who'].startswith('uid '), rows
        assert rows[0]['until'] and not rows[1]['until'], rows
        found = control.json('test 203.0.113.7')
        assert [(row['list'], row['reason']) for row in found] == \
            [('manual', 'login flood; "them"')], found
        assert control.ask('clear list manual 2') == \
            'manual is empty, it held 2'


def logged():
    with Control(agent) as control:
        control.ask('add list manual 203.0.113.77 because "x y"')
        control.ask('del list manual 203.0.113.77')
        control.ask('del list manual 203.0.113.77')
    assert wait_until(lambda: [
        event for event in agent.events('control')
        if event.get('result') == 'refused' and
        event.get('prefix') == '203.0.113.77']), agent.log
    for line in agent.log.splitlines():
        if '203.0.113.77' in line:
            assert 'uid ' in line, line


def reload_good():
    with Control(agent) as control, Peer(agent.address) as peer:
        peer.hello()
        before = control.json('show info')['generation']
        control.ask('add list manual 203.0.113.7')
        answer = control.ask('reload')
        assert answer.startswith(f'generation {before + 1} serves'), answer
        assert control.json('show info')['generation'] == before + 1
        assert allowed(peer, '203.0.113.7') is False
        answer = control.json('reload')
        assert answer['ok'] is True, answer
        assert answer['generation'] == before + 2, answer
        assert control.ask('clear list manual 1').startswith('manual is')


def reload_bad():
    good = agent.config_path.read_text()
    with Control(agent) as control, Peer(agent.address) as peer:
        peer.hello()
        before = control.json('show info')['generation']
        lines = good.count('\n')
        agent.config_path.write_text(good + '  other: {rulse: []}\n')
        try:
            answer = control.ask('reload')
            place = f'{agent.config_path}:{lines + 1}:11: error: '
            assert answer.startswith('error: '), answer
            assert place in answer, answer
            answer = control.json('reload')
            assert 'error' in answer, answer
            assert any(line.startswith(place) for line in answer['report'])
            assert ctl(agent, 'reload')[0] == 1
        finally:
            agent.config_path.write_text(good)
        assert control.json('show info')['generation'] == before
        assert allowed(peer, '192.0.2.7') is False
        assert allowed(peer, '203.0.113.7') is True
        assert control.ask('reload').startswith('generation ')


def consoles_beside_a_reload():
    """Others are answered while a reload is under way."""
    with Control(agent) as first, Control(agent) as second:
        first.send('reload\n' * 5)
        for _ in range(50):
            assert second.ask('show info').startswith('Name: truesrc')
        for _ in range(5):
            assert first.read().startswith('generation ')


def changes_under_load():
    """Answers are right throughout: one client is in no list, one always."""
    def check(ack):
        assert ack.get('allowed') is True, ack

    with Load(agent.address, peers=2, depth=8, check=check) as load, \
            Control(agent) as control:
        for i in range(300):
            control.ask(f'add list manual 203.0.113.{i % 100} for 1m')
            if i % 50 == 0:
                assert control.ask('reload').startswith('generation ')
        count = control.json('clear list manual 100')
        assert count.get('ok') is True, count
    assert not load.failures, load.failures
    assert load.answers > 100, load.answers


def from_many():
    """Ten at once, each sees its own changes in force."""
    wrong = []

    def run(number):
        try:
            with Control(agent) as control, Peer(agent.address) as peer:
                peer.hello()
                for i in range(30):
                    address = f'203.0.{number}.{i}'
                    control.ask(f'add list manual {address}')
                    if peer.ask(i + 1, 1, [('req', [(
                            'peer', ipaddress.ip_address(address))])]).get(
                                'allowed') is not False:
                        wrong.append(address)
                    control.ask(f'del list manual {address}')
        except Exception as error:
            wrong.append(repr(error))

    threads = [threading.Thread(target=run, args=(i,)) for i in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[:5]


with Agent(CONFIG, files=FILES) as agent:
    attempt('in force before the answer', in_force_before_the_answer)
    attempt('prefixes of any width', of_any_width)
    attempt('add … for 1s', expires)
    attempt('clear', clears)
    attempt('a restart', survives_restart, lambda: agent.stop())
    attempt('kill -9', survives_restart, lambda: agent.kill())
    attempt('the log tells who', logged)
    attempt('reload', reload_good)
    attempt('reload of a bad configuration', reload_bad)
    attempt('others beside a reload', consoles_beside_a_reload)
    attempt('changes under load', changes_under_load)
    attempt('changes from many', from_many)

GUARDED = CONFIG.replace(
    'drop: {file: drop.txt}',
    'drop: {file: drop.txt, guard: {shrink: 30%}}')
MANY = ''.join(f'192.0.2.{i}\n' for i in range(100))


def accepts():
    with Control(agent) as control:
        agent.write_file('drop.txt', '192.0.2.1\n')
        assert wait_until(lambda: [
            row for row in control.json('show lists')
            if row['name'] == 'drop' and row['state'] == 'refused'], 10)
        row = [row for row in control.json('show lists')
               if row['name'] == 'drop'][0]
        assert row['entries'] == 100 and 'shrink' in row['error'], row
        with Peer(agent.address) as peer:
            peer.hello()
            assert allowed(peer, '192.0.2.2') is False
            answer = control.ask('accept list drop')
            assert 'serves' in answer, answer
            assert allowed(peer, '192.0.2.2') is True
            assert allowed(peer, '192.0.2.1') is False
        row = [row for row in control.json('show lists')
               if row['name'] == 'drop'][0]
        assert (row['entries'], row['state'], row['error']) == \
            (1, 'ok', None), row
        assert control.ask('accept list drop').startswith('error: ')


with Agent(GUARDED, files={'drop.txt': MANY}) as agent:
    attempt('accept', accepts)
done()
