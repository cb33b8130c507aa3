#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The control socket and those who misuse it: who may, how much, how long;
and what SPOP notices of that, which is nothing."""

import json
import os
import random
import shutil
import socket
import stat
import subprocess
import time

from control import (
    CONFIG, FILES, Control, ctl, may_switch_user, path_of, seconds_of)
from harness import Agent, SLOW, attempt, done, skip, wait_until
from load import Load, message
from spop import Peer

NOBODY = 65534


def raw_socket():
    with Control(agent) as control:
        control.send('frobnicate\r\nshow in')
        assert control.read() == 'Unknown command'
        control.send('fo;  test 203.0.113.7 ;;frobnicate\n')
        assert control.read().startswith('Name: truesrc')
        assert control.read() == 'no list holds 203.0.113.7'
        assert control.read() == 'Unknown command'
        control.send('test 203.0.113.7')
        control.sock.shutdown(socket.SHUT_WR)
        assert control.ended() == 'no list holds 203.0.113.7\n\n'


def prompting():
    with Control(agent) as control:
        control.send('prompt\ntest 203.0.113.7\n\nquit\n')
        assert control.ended() == \
            '\n> no list holds 203.0.113.7\n\n> > \n', 'prompt'


def with_socat():
    result = subprocess.run(
        ['socat', '-', f'UNIX-CONNECT:{path_of(agent)}'], text=True,
        input='test 203.0.113.7\n', capture_output=True, timeout=30)
    assert result.stdout == 'no list holds 203.0.113.7\n\n', result


def endless_line():
    with Control(agent) as control:
        try:
            for _ in range(1000):
                control.send(b'x' * 65536)
        except OSError:
            pass
        answer = control.ended()
    assert answer in ('error: the line is longer than 65536 bytes\n\n', ''), \
        answer[:100]


def long_line():
    with Control(agent) as control:
        control.send(b'x' * 65535 + b'\n')
        assert control.read() == 'Unknown command'


def binary():
    randomly = random.Random(1)
    with Control(agent) as control:
        data = bytes(byte for byte in randomly.randbytes(20000)
                     if byte not in b'\n;"\\') + b'\n'
        control.send(data)
        assert control.read() == 'Unknown command'
        control.send(bytes(range(10)) + b'\n')
        assert control.read() == 'Unknown command'
        control.send(randomly.randbytes(50000) + b'\nquit\n')
        control.sock.settimeout(30 * SLOW)
        text = control.ended()
        assert set(text.strip().split('\n\n')) <= {
            'Unknown command', 'error: a quote is not closed'}, text[:200]


def survives():
    """Whatever was done to it before."""
    with Control(agent) as control, Peer(agent.address) as peer:
        peer.hello()
        peer.ask(1, 1, message())
        assert control.json('show info')['pid'] == agent.pid


def many_connections():
    """1,000 are held, SPOP goes on, and there is place for one more when
    some have done nothing for a while."""
    def worst(load, seconds):
        load.longest = 0.0
        before = load.answers
        time.sleep(seconds)
        assert load.answers > before
        return load.longest

    held = []
    with Load(agent.address, peers=2, depth=4, pause=0.001) as load:
        quiet = worst(load, 1.0)
        try:
            for _ in range(1000):
                held.append(Control(agent))
            busy = worst(load, 1.0)
            for control in held:
                control.send('show info\n')
            for control in held:
                assert control.read().startswith('Name: truesrc')
            with Control(agent) as late:
                assert late.ended() == 'error: too many connections\n\n'
            assert ctl(agent, 'show', 'info')[0] == 1
            answering = worst(load, 1.0)
        finally:
            for control in held:
                control.close()
    assert not load.failures, load.failures
    print(f'# longest of 4 answers: {quiet * 1000:.1f} ms quiet, '
          f'{busy * 1000:.1f} ms and {answering * 1000:.1f} ms with 1,000')
    assert max(busy, answering) < quiet + 0.25 * SLOW
    assert wait_until(lambda: ctl(agent, 'show', 'info')[0] == 0)


def slow_reader():
    """A long answer that nobody reads holds up nothing, and is whole."""
    with Control(agent, buffer=4096) as slow, Control(agent) as other:
        before = agent.rss()
        slow.send('show list long\njson show list long\n')
        time.sleep(0.5)
        assert seconds_of(lambda: other.ask('show lists')) < 0.5 * SLOW
        assert seconds_of(lambda: other.ask('test 10.0.0.1')) < 0.5 * SLOW
        assert agent.rss() - before < 16 << 20, agent.rss() - before
        text = slow.read()
        lines = text.splitlines()[1:]
        assert len(lines) == COUNT, len(lines)
        assert lines[0] == '10.0.0.0' and lines[-1] == LAST, lines[-1]
        rows = json.loads(slow.read())
        assert [row['prefix'] for row in rows] == lines


def gone_in_the_middle():
    for _ in range(20):
        with Control(agent) as control:
            control.send('show list long\n' * 3)
            control.sock.recv(100)
    assert wait_until(lambda: ctl(agent, 'show info')[1].count(
        'Consoles: 1\n') == 1)


def rights_of(mode, user_looks, user_changes):
    config = CONFIG.replace('"0600"', f'"{mode}"')
    with Agent(config, files=FILES) as other:
        os.chmod(other.directory, 0o755)
        got = stat.S_IMODE(os.stat(path_of(other)).st_mode)
        assert got == int(mode, 8), oct(got)
        looked = ctl(other, 'show', 'info', user=NOBODY)
        changed = ctl(other, 'add', 'list', 'manual', '203.0.113.9',
                      user=NOBODY)
        assert (looked[0] == 0) == user_looks, looked
        assert (changed[0] == 0) == user_changes, changed
        if user_looks and not user_changes:
            assert 'may look' in changed[1], changed
            assert f'uid {NOBODY}' in other.log, other.log
        if not user_looks:
            assert looked[0] == 3, looked
        assert ctl(other, 'add', 'list', 'manual', '203.0.113.8')[0] == 0


def rights_of_the_group():
    """Who is in the group of the socket file may change."""
    config = CONFIG.replace('"0600"', '"0660"')
    with Agent(config, files=FILES) as other:
        os.chmod(other.directory, 0o755)
        assert ctl(other, 'show', 'info', user=NOBODY)[0] == 3
        os.chown(path_of(other), -1, NOBODY)
        answer = ctl(other, 'add', 'list', 'manual', '203.0.113.9',
                     user=NOBODY)
        assert answer[0] == 0, answer
        entry = Control(other).json('show list manual')[0]
        assert entry['who'].startswith(f'uid {NOBODY} pid '), entry


def stale_socket():
    with Agent(CONFIG, files=FILES) as first:
        first.kill()
        assert os.path.exists(path_of(first))
        first.start()
        assert ctl(first, 'show', 'info')[0] == 0
        second = Agent(CONFIG.replace('{dir}/control.sock', path_of(first)),
                       files=FILES)
        try:
            second.launch()
            assert second.wait(10) == 3, second.log
            assert 'Address already in use' in second.log, second.log
        finally:
            second.remove()
        assert ctl(first, 'show', 'info')[0] == 0
        first.stop()
        assert not os.path.exists(path_of(first))


def few_descriptors():
    """Connections of HAProxy are not starved by control connections."""
    with Agent(CONFIG + 'limits: {connections: 100}\n', files=FILES,
               nofile=256) as other, Peer(other.address) as peer:
        peer.hello()
        held = []
        try:
            for _ in range(200):
                held.append(Control(other))
            peers = [Peer(other.address) for _ in range(90)]
            for late in peers:
                late.hello()
                late.ask(1, 1, message())
            for late in peers:
                late.close()
        finally:
            for control in held:
                control.close()
        peer.ask(1, 1, message())


def shutdown():
    with Agent(CONFIG, files=FILES) as other, Control(other) as control, \
            Peer(other.address) as peer:
        peer.hello()
        assert 'within 10s' in control.ask('shutdown')
        assert control.ask('shutdown').startswith('error: ')
        assert control.ask('reload').startswith('error: ')
        assert 'State: draining' in control.ask('show info')
        peer.ask(1, 1, message())
        peer.recv_disconnect()
        peer.close()
        assert other.wait(10) == 0, other.log
        assert control.ended() == ''
        assert [event for event in other.events('control')
                if event.get('word') == 'shutdown'], other.log


COUNT = 300000
LAST = '.'.join(str(byte) for byte in
                ((10 << 24) + 2 * (COUNT - 1)).to_bytes(4, 'big'))
LONG = ''.join(
    '.'.join(str(byte) for byte in ((10 << 24) + 2 * i).to_bytes(4, 'big')) +
    '\n' for i in range(COUNT))

with Agent(CONFIG.replace('lists:\n', 'lists:\n  long: {file: long.txt}\n')
           .replace('[drop, manual]', '[drop, manual, long]'),
           files={**FILES, 'long.txt': LONG}) as agent:
    attempt('bare bytes', raw_socket)
    attempt('prompt and quit', prompting)
    if shutil.which('socat'):
        attempt('socat', with_socat)
    else:
        skip('socat', 'it is not installed')
    attempt('an endless line', endless_line)
    attempt('a long line', long_line)
    attempt('binary input', binary)
    attempt('a slow reader', slow_reader)
    attempt('readers that go', gone_in_the_middle)
    attempt('1,000 connections', many_connections)
    attempt('and all is well', survives)
attempt('an old socket file', stale_socket)
attempt('few descriptors', few_descriptors)
attempt('shutdown', shutdown)
if may_switch_user():
    attempt('mode 0600, and another user', rights_of, '0600', False, False)
    attempt('mode 0666, and another user', rights_of, '0666', True, False)
    attempt('the group of the socket', rights_of_the_group)
else:
    skip('other users', 'this is not root, or there is no setpriv')
done()
