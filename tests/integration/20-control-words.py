#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each word of the control socket, good and bad, as text and as JSON."""

import json
import os
import pty
import re
import shutil
import socket
import subprocess

from control import CONFIG, CTL, FILES, Control, ctl
from harness import (
    ROOT, SLOW, Agent, attempt, done, skip, tap, wait_until)
from load import message
from spop import Peer

TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ')


def show_info():
    with Peer(agent.address) as peer:
        peer.hello()
        peer.ask(1, 1, message())
        info = control.json('show info')
    assert list(info) == ['version', 'pid', 'uptime', 'threads', 'generation',
                          'connections', 'requests'], info
    assert info['pid'] == agent.pid and info['generation'] == 1, info
    assert info['connections'] == 1 and info['requests'] >= 1, info
    text = control.ask('show info')
    assert f'Pid: {agent.pid}\n' in text and 'State: running\n' in text, text
    assert wait_until(lambda: control.json('show info')['connections'] == 0)


def show_lists():
    rows = {row['name']: row for row in control.json('show lists')}
    assert set(rows) == {'office', 'drop', 'manual'}, rows
    for row in rows.values():
        assert list(row) == ['name', 'source', 'entries', 'state', 'age',
                             'error'], row
        assert row['state'] == 'ok' and row['error'] is None, row
        assert isinstance(row['age'], int) and row['age'] < 60, row
    assert [rows[name]['entries'] for name in ('office', 'drop', 'manual')] \
        == [1, 2, 0], rows
    assert rows['office']['source'] == 'inline', rows
    assert rows['manual']['source'] == 'dynamic', rows
    assert 'drop.txt' in rows['drop']['source'], rows
    lines = control.ask('show lists').splitlines()
    assert lines[0].split() == ['#', 'name', 'entries', 'state', 'age',
                                'source', 'error'], lines
    assert len(lines) == 4, lines


def show_list():
    assert control.ask('show list drop').splitlines()[1:] == \
        ['192.0.2.0/25', '2001:db8:bad::/48']
    rows = control.json('show list drop')
    assert [row['prefix'] for row in rows] == \
        ['192.0.2.0/25', '2001:db8:bad::/48'], rows
    assert list(rows[0]) == ['prefix', 'since', 'until', 'who', 'reason']
    assert TIME.fullmatch(rows[0]['since']) and rows[0]['until'] is None
    under = control.json('show list drop under 2001:db8::/32')
    assert [row['prefix'] for row in under] == ['2001:db8:bad::/48'], under
    assert control.json('show list drop under 203.0.113.0/24') == []


def test_address():
    rows = control.json('test 192.0.2.7')
    assert [(row['list'], row['prefix']) for row in rows] == \
        [('drop', '192.0.2.0/25')], rows
    assert 'drop.txt' in rows[0]['source'], rows
    assert TIME.fullmatch(rows[0]['since']), rows
    assert control.json('test ::ffff:192.0.2.7') == rows
    assert control.json('test 203.0.113.7') == []
    assert control.ask('test 203.0.113.7') == 'no list holds 203.0.113.7'
    lines = control.ask('test 2001:db8:bad::1').splitlines()
    assert lines[0].startswith('# list'), lines
    assert lines[1].split()[:2] == ['drop', '2001:db8:bad::/48'], lines


def show_policies():
    policies = control.json('show policies')
    assert [policy['name'] for policy in policies] == ['default', 'admin']
    assert policies[1] == {
        'name': 'admin', 'mode': 'shadow',
        'sources': ['x-forwarded-for', 'x-real-ip'], 'rules': ['staff'],
        'default': 'deny', 'unknown': 'deny'}, policies
    assert 'shadow' in control.ask('show policies')


def show_stat():
    stat = control.json('show stat')
    assert stat['frames_hello'] >= 1 and stat['verdicts_allow'] >= 1, stat
    assert set(stat['flags']) >= {'incomplete', 'hop-limit'}, stat
    text = control.ask('show stat')
    assert f'frames_hello: {stat["frames_hello"]}\n' in text, text
    assert 'flag.incomplete: 0\n' in text, text


def show_events():
    text = control.ask('show events')
    assert 'event=ready' in text, text
    assert any('event=ready' in line for line in control.json('show events'))
    control.ask('del list manual 203.0.113.99')
    assert 'word="del list"' in control.ask('show errors')
    assert 'event=ready' not in control.ask('show errors')


def help_lists_all():
    words = {row['words'] for row in control.json('help')}
    assert {'show info', 'show lists', 'show list', 'test', 'add list',
            'del list', 'clear list', 'accept list', 'reload',
            'shutdown'} <= words, words
    text = control.ask('help')
    for word in words:
        assert word in text, word


def refusals():
    rows = [
        ('frobnicate', 'Unknown command'),
        ('show', 'Unknown command'),
        ('show frobnicate', 'Unknown command'),
        ('SHOW INFO', 'Unknown command'),
        ('show info now', 'error: too many words: show info'),
        ('mode bypass', 'error: mode is not built yet'),
        ('show nodes', 'error: show nodes is not built yet'),
        ('explain --peer 192.0.2.1', 'error: explain is not built yet'),
        ('show list', 'error: NAME is missing'),
        ('show list nothing', 'error: '),
        ('show list drop under 192.0.2.1/24', 'error: "192.0.2.1/24"'),
        ('test', 'error: ADDRESS is missing'),
        ('test example.com', 'error: "example.com" is no address'),
        ('test 192.0.2.0/24', 'error: '),
        ('add list nothing 203.0.113.7', 'error: '),
        ('add list drop 203.0.113.7', 'error: '),
        ('add list manual 0.0.0.0/0', 'error: '),
        ('add list manual 203.0.113.7/24', 'error: '),
        ('add list manual 203.0.113.7 for ever', 'error: "ever" is no time'),
        ('add list manual 203.0.113.7 because', 'error: TEXT is missing'),
        ('del list manual 203.0.113.7', 'error: '),
        ('del list office 198.51.100.0/24', 'error: '),
        ('clear list manual 7', 'error: manual holds 0, not 7'),
        ('clear list drop 2', 'error: '),
        ('accept list drop', 'error: '),
        ('accept list nothing', 'error: '),
    ]
    for line, begin in rows:
        answer = control.ask(line)
        assert answer.startswith(begin), f'{line}: {answer}'
        answer = control.json(line)
        assert list(answer) == ['error'], f'{line}: {answer}'
    assert control.ask('show info').startswith('Name: truesrc')


def command_line():
    code, out, err = ctl(agent, 'json', 'show', 'info')
    assert (code, err) == (0, ''), (code, err)
    assert json.loads(out)['pid'] == agent.pid
    assert not out.endswith('\n\n'), out
    assert ctl(agent, 'show info')[0] == 0
    assert ctl(agent, 'test', '203.0.113.7') == \
        (0, 'no list holds 203.0.113.7\n', '')
    assert ctl(agent, 'frobnicate') == (1, 'Unknown command\n', '')
    assert ctl(agent, 'json', 'frobnicate') == \
        (1, '{"error":"Unknown command"}\n', '')
    assert ctl(agent, 'show', 'list', 'nothing')[0] == 1
    code, out, _ = ctl(agent, 'test 203.0.113.7; frobnicate; help')
    assert code == 1 and out.startswith(
        'no list holds 203.0.113.7\n\nUnknown command\n\nhelp'), out
    assert ctl(agent, 'a\nb')[0] == 2


def standard_input():
    code, out, _ = ctl(agent, stdin='test 203.0.113.7\n\njson show lists')
    assert code == 0, out
    first, second = out.split('\n\n')
    assert first == 'no list holds 203.0.113.7', first
    assert len(json.loads(second)) == 3, second
    assert ctl(agent, stdin='') == (0, '', '')
    assert ctl(agent, stdin='frobnicate\nhelp\n')[0] == 1
    # More than fits any buffer, both ways.
    code, out, _ = ctl(agent, stdin='help\n' * 5000)
    assert code == 0 and out.count('show every policy') == 5000, len(out)


def wrong_usage():
    def run(*words):
        return subprocess.run([str(CTL), *words], capture_output=True,
                              text=True, timeout=30)
    assert run('-Z').returncode == 2
    assert run('-s').returncode == 2
    assert run('-h').returncode == 0 and 'usage:' in run('-h').stdout
    assert run('-v').stdout.startswith('truesrcctl ')
    nobody = run('-s', str(agent.directory / 'none.sock'), 'show', 'info')
    assert nobody.returncode == 3 and 'none.sock' in nobody.stderr, nobody
    nobody = run('-s', '/x' * 200, 'show', 'info')
    assert nobody.returncode == 3 and 'too long' in nobody.stderr, nobody


def broken_off():
    """An agent that goes in the middle of an answer is said to."""
    path = str(agent.directory / 'fake.sock')
    with socket.socket(socket.AF_UNIX) as fake:
        fake.bind(path)
        fake.listen()
        process = subprocess.Popen(
            [str(CTL), '-s', path, 'show', 'info'], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        connection, _ = fake.accept()
        assert connection.recv(100) == b'show info\n'
        connection.sendall(b'Name: truesrc\n')
        connection.close()
        out, err = process.communicate(timeout=30)
    os.unlink(path)
    assert process.returncode == 3, process.returncode
    assert out == 'Name: truesrc\n' and 'broke off' in err, (out, err)


def terminal():
    """At a terminal it prompts, and says why it ends."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [str(CTL), '-s', str(agent.directory / 'control.sock')], stdin=slave,
        stdout=slave, stderr=slave, close_fds=True)
    os.close(slave)
    try:
        screen = b''

        def shows(text):
            nonlocal screen
            while text not in screen:
                screen += os.read(master, 4096)
            screen = screen.partition(text)[2]

        shows(b'> ')
        os.write(master, b'test 203.0.113.7\n')
        shows(b'no list holds 203.0.113.7\r\n\r\n> ')
        os.write(master, b'frobnicate\n')
        shows(b'Unknown command\r\n\r\n> ')
        os.write(master, b'quit\n')
        assert process.wait(10 * SLOW) == 0, process.returncode
    finally:
        process.kill()
        process.wait()
        os.close(master)


def completed(*words):
    """What bash offers for the last of the words."""
    path = str(agent.directory / 'control.sock')
    words = ['truesrcctl', *(path if word == 'SOCKET' else word
                             for word in words)]
    script = f'''
        source "$1"; shift
        PATH={CTL.parent}:$PATH COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _truesrcctl
        printf '%s\n' "${{COMPREPLY[@]}}"'''
    out = subprocess.run(
        ['bash', '-c', script, 'bash',
         str(ROOT / 'conf/completion/truesrcctl.bash'), *words],
        capture_output=True, text=True, timeout=30, check=True)
    assert out.stderr == '', out.stderr
    return sorted(set(out.stdout.split()))


def completion():
    rows = [
        (['-s', 'SOCKET', 'sh'], ['show', 'shutdown']),
        (['-s', 'SOCKET', 'show', 'l'], ['list', 'lists']),
        (['-s', 'SOCKET', 'json', 'show', 'in'], ['info']),
        (['-s', 'SOCKET', 'add', ''], ['list']),
        (['-s', 'SOCKET', 'add', 'list', ''], ['drop', 'manual', 'office']),
        (['-s', 'SOCKET', 'show', 'list', 'd'], ['drop']),
        (['-s', 'SOCKET', 'show', 'list', 'drop', ''], ['under']),
        (['-s', 'SOCKET', 'add', 'list', 'manual', '192.0.2.1', ''], ['for']),
        (['-s', 'SOCKET', 'test', ''], []),
        (['-s', 'SOCKET', 'j'], ['json']),
        (['-s', 'SOCKET', 'frobnicate', ''], []),
        (['-s', '/nowhere', 'e'], ['explain']),
        (['explain', '--p'], ['--peer', '--policy', '--proxy']),
    ]
    for words, offered in rows:
        assert completed(*words) == offered, (words, completed(*words))


with Agent(CONFIG, files=FILES) as agent, Control(agent) as control:
    attempt('show info', show_info)
    attempt('show lists', show_lists)
    attempt('show list', show_list)
    attempt('test', test_address)
    attempt('show policies', show_policies)
    attempt('show stat', show_stat)
    attempt('show events, show errors', show_events)
    attempt('help', help_lists_all)
    attempt('refusals', refusals)
    attempt('truesrcctl WORDS', command_line)
    attempt('truesrcctl <file', standard_input)
    attempt('truesrcctl at a terminal', terminal)
    if shutil.which('bash'):
        attempt('completion', completion)
    else:
        skip('completion', 'there is no bash')
    attempt('truesrcctl, wrong', wrong_usage)
    attempt('truesrcctl, an agent that breaks off', broken_off)
with Agent('policies: {default: {}}\n') as agent:
    code, _, err = ctl(agent, 'show', 'info')
    tap(code == 3, 'without control there is no socket', err)
done()
