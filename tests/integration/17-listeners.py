#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""TCP over IPv4 and IPv6, local sockets, who may connect, what is in use."""

import collections
import os
import shutil
import socket
import subprocess

from harness import Agent, attempt, done, raises, skip, tap, wait_until
from load import message
from spop import Closed, Peer

POLICY = 'policies: {default: {return: [allowed]}}\n'


def served(address, source=None):
    with Peer() as peer:
        if source is None:
            peer.connect(address)
        else:
            host, _, port = address.rpartition(':')
            peer.sock = socket.create_connection(
                (host.strip('[]'), int(port)), 5, (source, 0))
        peer.hello()
        assert peer.ask(1, 1, message()).get('allowed') is True


def refused(address, source):
    with Peer() as peer:
        host, _, port = address.rpartition(':')
        peer.sock = socket.create_connection(
            (host.strip('[]'), int(port)), 5, (source, 0))
        try:
            peer.hello()
        except (Closed, OSError):
            return
        raise AssertionError('was served')


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(('::1', 0))
        return True
    except OSError:
        return False


def listen(*addresses):
    return 'listen: [' + ', '.join(
        f'{{address: "{address}"}}' for address in addresses) + ']\n' + POLICY


def fails(config, word):
    """Does not start: exit 3, and the log says why."""
    agent = Agent(config)
    try:
        agent.launch()
        code = agent.wait(5)
        assert code == 3, f'{code}\n{agent.log}'
        assert word in agent.log, agent.log
    finally:
        agent.remove()


with Agent(listen('127.0.0.1:0', '127.0.0.2:0', 'unix:{dir}/a.sock')) as agent:
    tap(len(agent.addresses) == 3, 'three listeners', agent.addresses)
    for address in agent.addresses:
        attempt(f'{address.split("/")[0]} is served', served, address)
    path = agent.addresses[2].removeprefix('unix:')
    port = agent.port
    attempt('an address in use', fails,
            listen(f'127.0.0.1:{port}'), 'Address already in use')
    attempt('a local socket in use', fails, listen(f'unix:{path}'),
            'Address already in use')
    attempt('and it still serves', served, agent.addresses[2])
    agent.kill()
    tap(os.path.exists(path), 'kill -9 leaves a socket file')
    agent.start()
    attempt('which is replaced', served, agent.addresses[2])
    tap(agent.stop() == 0 and not os.path.exists(path),
        'an orderly end removes it')

with Agent(listen('unix:{dir}/a.sock')) as agent:
    path = agent.addresses[0].removeprefix('unix:')
    os.unlink(path)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
        agent.stop()
        tap(os.path.exists(path), "another one's socket file stays")

agent = Agent(listen('unix:{dir}/a.sock'), files={'a.sock': 'precious'})
try:
    agent.launch()
    tap(agent.wait() == 3 and
        (agent.directory / 'a.sock').read_text() == 'precious',
        'a file that is no socket is left alone', agent.log)
finally:
    agent.remove()
attempt('an address that is not ours', fails, listen('192.0.2.1:9000'),
        '192.0.2.1:9000')

FROM = '''
listen:
  - {address: "127.0.0.1:0", from: [nodes]}
  - {address: "127.0.0.1:0", from: ["127.0.0.3", unix]}
  - {address: "unix:{dir}/open.sock"}
  - {address: "unix:{dir}/nodes.sock", from: [nodes]}
  - {address: "unix:{dir}/unix.sock", from: [unix]}
lists: {nodes: [127.0.0.2]}
''' + POLICY
with Agent(FROM) as agent:
    first, second, open_, nodes, unix = agent.addresses
    attempt('from: a node', served, first, '127.0.0.2')
    attempt('from: a stranger', refused, first, '127.0.0.1')
    attempt('from: each listener has its own', served, second, '127.0.0.3')
    attempt('from: and no other', refused, second, '127.0.0.2')
    attempt('from: none given', served, open_)
    attempt('from: a local socket needs the word',
            lambda: raises(Exception, served, nodes) or 1 / 0)
    attempt('from: unix', served, unix)
    with Peer(open_) as peer:
        peer.send(b'\0\0\0\0')
        attempt('a fault over a local socket', peer.recv_disconnect)
    tap(wait_until(lambda: [event for event in agent.events('protocol-error')
                            if event['peer'] == 'unix']),
        'is logged as such')
    tap(agent.events('refused'), 'the log tells who was refused')
    config = agent.config_path.read_text()
    agent.reload(config.replace('nodes: [127.0.0.2]', 'nodes: [127.0.0.9]'))
    attempt('from: reloaded', served, first, '127.0.0.9')
    attempt('from: the old node', refused, first, '127.0.0.2')
    # The first listener is not in the configuration any more.
    lines = config.splitlines()
    agent.reload('\n'.join(line for line in lines
                           if 'from: [nodes]' not in line) + '\n')
    attempt('from: nobody passes one that is unknown', refused, first,
            '127.0.0.9')
    attempt('from: the others stay themselves', served, open_)

if has_ipv6():
    with Agent(listen('[::1]:0')) as agent:
        tap(agent.address.startswith('[::1]:'), 'IPv6', agent.address)
        attempt('IPv6 is served', served, agent.address)
        attempt('and IPv4 is not', lambda: raises(
            OSError, served, f'127.0.0.1:{agent.port}') or 1 / 0)
    with Agent(listen('[::]:0')) as agent:
        attempt('[::] takes IPv6', served, f'[::1]:{agent.port}')
        attempt('[::] takes IPv4', served, f'127.0.0.1:{agent.port}')
    with Agent('listen: [{address: "[::]:0", from: ["127.0.0.2", "::1"]}]\n' +
               POLICY) as agent:
        attempt('IPv4 over [::] is IPv4', served, f'127.0.0.1:{agent.port}',
                '127.0.0.2')
        attempt('and refused as such', refused, f'127.0.0.1:{agent.port}',
                '127.0.0.1')
        attempt('IPv6 over [::]', served, f'[::1]:{agent.port}')
else:
    skip('IPv6', 'there is none here')


def least_connections():
    """Each connection goes to the worker that has the fewest."""
    def workers(ports):
        events = [event for event in agent.events('connected')
                  if int(event['peer'].rpartition(':')[2]) in ports]
        return [event['thread'] for event in events]

    def connect(count):
        peers = [Peer(agent.address) for _ in range(count)]
        for peer in peers:
            peer.hello()
        return peers, {peer.sock.getsockname()[1]: peer for peer in peers}

    with Agent('threads: 4\n' + POLICY, args=['-d']) as agent:
        peers, ports = connect(40)
        threads = collections.Counter(workers(ports))
        assert sorted(threads.values()) == [10] * 4, threads
        # One worker loses all of its own; the next ones go there.
        for port, peer in ports.items():
            if workers([port]) == ['worker-2']:
                peer.close()
        assert wait_until(lambda: len(agent.events('closed')) == 10)
        more, ports = connect(10)
        assert workers(ports) == ['worker-2'] * 10, workers(ports)
        for peer in peers + more:
            peer.close()


attempt('the worker with the fewest connections', least_connections)


def options_are_inherited():
    with Agent(POLICY) as agent, Peer(agent.address) as peer:
        peer.hello()
        text = subprocess.run(
            ['ss', '-tnoi', 'state', 'established', 'sport', '=',
             f':{agent.port}'], capture_output=True, text=True,
            check=True).stdout
        assert 'keepalive' in text, text


if shutil.which('ss'):
    attempt('keepalive is on', options_are_inherited)
else:
    skip('keepalive is on', 'ss is not installed')
done()
