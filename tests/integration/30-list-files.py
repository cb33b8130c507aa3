#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""List files that change while the agent runs: whatever way they are written,
what is good is in force within a second, and what is bad changes nothing."""

import os
import time

from control import Control, allowed, ctl
from harness import Agent, SLOW, attempt, done, note, skip, wait_until
from spop import Peer

CONFIG = '''
control: {socket: "{dir}/control.sock", mode: "0600"}
state-directory: "{dir}/state"
lists:
  drop: {file: drop.txt, guard: {shrink: 100%}}
  cloud: {file: mount/list.txt}
  many: {file: many.txt, export: many.export}
  manual: {dynamic: true, export: manual.export}
policies:
  default:
    return: [allowed]
    rules: [{deny: [drop, cloud, many, manual]}]
'''
MANY = [f'198.18.{i // 250}.{i % 250}' for i in range(200)]
WITHIN = 1.0 * SLOW


def lines(*entries):
    return ''.join(f'{entry}\n' for entry in entries)


def in_force(address, value, seconds=WITHIN):
    """Waits until the client of that address is allowed, or not."""
    began = time.monotonic()
    ok = wait_until(lambda: allowed(peer, address) is value, seconds)
    assert ok, f'{address}: allowed is not {value}\n{agent.log[-2000:]}'
    return time.monotonic() - began


def row(name):
    return {item['name']: item for item in control.json('show lists')}[name]


def state(name, wanted, seconds=3.0 * SLOW):
    assert wait_until(lambda: row(name)['state'] == wanted, seconds), row(name)
    return row(name)


def replace(name, text):
    path = agent.directory / name
    beside = path.with_name('.new')
    beside.write_text(text)
    beside.rename(path)


def changes(name):
    return [event for event in agent.events('list') if event['list'] == name]


# ---- ways to write ----


def written_in_place():
    with open(agent.directory / 'drop.txt', 'a') as file:
        file.write('192.0.2.2\n')
    in_force('192.0.2.2', False)
    event = changes('drop')[-1]
    assert event['result'] == 'ok' and event['source'] == 'file drop.txt'
    assert (event['before'], event['after']) == ('1', '2'), event
    assert (event['added'], event['removed']) == ('1', '0'), event


def renamed():
    replace('drop.txt', lines('192.0.2.3', '192.0.2.0/31'))
    in_force('192.0.2.3', False)
    in_force('192.0.2.2', True)
    in_force('192.0.2.0', False)
    assert changes('drop')[-1]['removed'] == '2', changes('drop')[-1]


def removed_and_made_again():
    (agent.directory / 'drop.txt').unlink()
    agent.write_file('drop.txt', lines('192.0.2.4'))
    in_force('192.0.2.4', False)
    assert all(event['result'] == 'ok' for event in changes('drop'))


def written_slowly():
    """Half of it is never taken for the whole."""
    count = len(changes('drop'))
    with open(agent.directory / 'drop.txt', 'w') as file:
        file.write(lines('192.0.2.4'))
        file.flush()
        time.sleep(0.3)
        file.write(lines('192.0.2.5'))
        file.flush()
        time.sleep(0.3)
        file.write(lines('192.0.2.6'))
    in_force('192.0.2.6', False)
    for event in changes('drop')[count:]:
        assert event['after'] == '3', event


def touched():
    """The same content is no change."""
    time.sleep(0.3)
    count = len(changes('drop'))
    os.utime(agent.directory / 'drop.txt')
    replace('drop.txt', (agent.directory / 'drop.txt').read_text())
    time.sleep(0.5)
    assert len(changes('drop')) == count, changes('drop')[count:]


def swapped():
    """As Kubernetes does it: ..data is exchanged, nothing else."""
    mount = agent.directory / 'mount'
    for number in range(2, 5):
        (mount / f'..{number}').mkdir()
        (mount / f'..{number}' / 'list.txt').write_text(
            lines(f'203.0.113.{number}'))
        (mount / '..data_tmp').symlink_to(f'..{number}')
        (mount / '..data_tmp').rename(mount / '..data')
        in_force(f'203.0.113.{number}', False)
        in_force(f'203.0.113.{number - 1}', True)
        old = mount / f'..{number - 1}'
        (old / 'list.txt').unlink()
        old.rmdir()
    # And the file that the link leads to now.
    (mount / '..4' / 'list.txt').write_text(lines('203.0.113.44'))
    in_force('203.0.113.44', False)


# ---- what cannot be used ----


def vanished():
    (agent.directory / 'drop.txt').unlink()
    shown = state('drop', 'stale')
    assert 'drop.txt' in shown['error'], shown
    assert shown['entries'] == 3, shown
    in_force('192.0.2.6', False)
    time.sleep(0.3)
    assert changes('drop')[-1]['result'] == 'stale'
    agent.write_file('drop.txt', lines('192.0.2.7'))
    in_force('192.0.2.7', False)
    assert state('drop', 'ok')['error'] is None or not row('drop')['error']


def garbage():
    replace('drop.txt', '192.0.2.8\n<html>nonsense</html>\n192.0.2.9\n')
    shown = state('drop', 'refused')
    assert 'drop.txt:2:1' in shown['error'], shown
    assert any('drop.txt:2:1' in event.get('at', '')
               for event in agent.events('configuration'))
    in_force('192.0.2.7', False)
    in_force('192.0.2.8', True)
    code, _, errors = ctl(agent, 'accept', 'list', 'drop')
    assert code == 1, errors
    replace('drop.txt', lines('192.0.2.10'))
    in_force('192.0.2.10', False)
    state('drop', 'ok')


def guarded():
    replace('many.txt', lines(*MANY[:20]))
    shown = state('many', 'refused')
    assert 'shrink' in shown['error'], shown
    assert shown['entries'] == 200, shown
    in_force(MANY[100], False)
    event = changes('many')[-1]
    assert event['result'] == 'refused' and 'shrink' in event['reason'], event
    code, output, errors = ctl(agent, 'accept', 'list', 'many')
    assert code == 0, errors
    assert allowed(peer, MANY[100]) is True
    assert allowed(peer, MANY[10]) is False
    assert row('many')['state'] == 'ok' and row('many')['entries'] == 20
    assert changes('many')[-1]['by'], changes('many')[-1]
    code, _, _ = ctl(agent, 'accept', 'list', 'many')
    assert code == 1


def guarded_and_mended():
    """A refused file that is mended needs nobody's word."""
    replace('many.txt', lines('192.0.2.200'))
    state('many', 'refused')
    replace('many.txt', lines(*MANY[:21]))
    in_force(MANY[20], False)
    state('many', 'ok')
    assert ctl(agent, 'accept', 'list', 'many')[0] == 1


def by_thousands():
    """Too many changes for the table in place: a new one."""
    entries = [f'198.19.{i >> 8}.{i & 255}' for i in range(20000)]
    replace('drop.txt', lines(*entries))
    took = in_force('198.19.78.31', False, 5 * SLOW)
    in_force('198.19.0.0', False)
    in_force('192.0.2.10', True)
    note(f'20,000 other entries in force after {took:.2f} s')
    assert agent.events('rebuild')[-1]['result'] == 'ok'
    replace('drop.txt', lines('192.0.2.10'))
    in_force('192.0.2.10', False, 5 * SLOW)
    in_force('198.19.78.31', True)


# ---- reloads ----


def reloaded_unread():
    """What is the same is not read again."""
    count = len(agent.events('list'))
    assert agent.reload()['result'] == 'ok'
    assert len(agent.events('list')) == count
    in_force('192.0.2.10', False)
    replace('drop.txt', lines('192.0.2.11'))
    in_force('192.0.2.11', False)


def reloaded_bad():
    """A list that was good keeps its content; a new bad one is refused."""
    agent.write_file('drop.txt', 'nonsense\n')
    assert agent.reload()['result'] == 'ok'
    assert row('drop')['state'] == 'refused', row('drop')
    in_force('192.0.2.11', False)
    (agent.directory / 'drop.txt').unlink()
    assert agent.reload()['result'] == 'ok'
    assert row('drop')['state'] == 'stale', row('drop')
    in_force('192.0.2.11', False)
    event = agent.reload(CONFIG.replace('lists:', 'lists:\n  new: {file: no}'))
    assert event['result'] == 'failed', event
    in_force('192.0.2.11', False)
    agent.write(CONFIG)
    agent.write_file('drop.txt', lines('192.0.2.12'))
    in_force('192.0.2.12', False)
    state('drop', 'ok')


def reloaded_guarded():
    replace('many.txt', lines('192.0.2.201'))
    assert agent.reload()['result'] == 'ok'
    assert row('many')['state'] == 'refused', row('many')
    in_force(MANY[3], False)
    replace('many.txt', lines(*MANY))
    state('many', 'ok')
    in_force(MANY[150], False)


# ---- exports ----


def exported():
    path = agent.directory / 'many.export'
    wanted = set(MANY)
    assert wait_until(lambda: set(path.read_text().split()) == wanted, 3)
    assert path.stat().st_mode & 0o777 == 0o644
    replace('many.txt', lines(*MANY, '2001:db8::/48'))
    wanted.add('2001:db8::/48')
    assert wait_until(lambda: set(path.read_text().split()) == wanted,
                      3 * SLOW)
    other = agent.directory / 'manual.export'
    assert other.read_text() == '', 'written at the start'
    control.ask('add list manual 192.0.2.99')
    assert wait_until(lambda: other.read_text() == '192.0.2.99\n', 4 * SLOW)
    control.ask('del list manual 192.0.2.99')
    assert wait_until(lambda: other.read_text() == '', 4 * SLOW)


# ---- starts ----


def starts_stale():
    """Without its file, on what was good last."""
    agent.stop()
    (agent.directory / 'drop.txt').unlink()
    agent.write_file('many.txt', 'nonsense\n')
    agent.start()


def serves_stale():
    assert row('drop')['state'] == 'stale', row('drop')
    assert row('many')['state'] == 'stale', row('many')
    assert row('drop')['error'] and row('many')['error']
    assert row('many')['entries'] == len(MANY) + 1
    in_force('192.0.2.12', False)
    agent.write_file('drop.txt', lines('192.0.2.13'))
    in_force('192.0.2.13', False)
    state('drop', 'ok')


def does_not_start():
    """The first time there is nothing to fall back on."""
    fresh = Agent(CONFIG)
    try:
        fresh.launch()
        assert fresh.wait() == 1, fresh.log
        assert 'drop.txt' in fresh.log
    finally:
        fresh.remove()


def blind():
    """Without inotify files are looked at."""
    wrap = ['unshare', '--user', '--map-root-user', 'sh', '-c',
            'echo 0 >/proc/sys/user/max_inotify_instances && exec "$@"', 'sh']
    if os.system(f'{" ".join(wrap[:3])} sh -c '
                 '"echo 0 >/proc/sys/user/max_inotify_instances" '
                 '2>/dev/null') != 0:
        skip('files without inotify', 'no user namespaces')
        return
    config = 'lists: {drop: {file: drop.txt}}\n' \
        'policies: {default: {rules: [{deny: [drop]}]}}\n'

    def run():
        with Agent(config, files={'drop.txt': lines('192.0.2.1')},
                   wrap=wrap) as other, Peer(other.address) as asker:
            asker.hello()
            assert other.events('watch'), other.log
            assert allowed(asker, '192.0.2.2') is True
            other.write_file('drop.txt', lines('192.0.2.1', '192.0.2.2'))
            assert wait_until(lambda: allowed(asker, '192.0.2.2') is False,
                              6 * SLOW), other.log
    attempt('files without inotify', run)


FILES = {'drop.txt': lines('192.0.2.1'), 'many.txt': lines(*MANY),
         'mount/..1/list.txt': lines('203.0.113.1')}

agent = Agent(CONFIG, files=FILES)
(agent.directory / 'mount' / '..data').symlink_to('..1')
(agent.directory / 'mount' / 'list.txt').symlink_to('..data/list.txt')
with agent:
    with Control(agent) as control, Peer(agent.address) as peer:
        peer.hello()
        for name, test in [
                ('written in place', written_in_place),
                ('renamed', renamed),
                ('removed and made again', removed_and_made_again),
                ('written slowly', written_slowly),
                ('touched, without a change', touched),
                ('symbolic links exchanged', swapped),
                ('vanished, and back', vanished),
                ('garbage', garbage),
                ('refused by a guard, accepted', guarded),
                ('refused by a guard, mended', guarded_and_mended),
                ('thousands of changes', by_thousands),
                ('reloaded without being read', reloaded_unread),
                ('reloaded with bad files', reloaded_bad),
                ('reloaded, refused by a guard', reloaded_guarded),
                ('exported', exported)]:
            attempt(name, test)
    attempt('a start without good files', starts_stale)
    with Control(agent) as control, Peer(agent.address) as peer:
        peer.hello()
        attempt('serves what was good last', serves_stale)
attempt('a first start without files is refused', does_not_start)
blind()
done()
