#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""HELLO, health checks, pipelining, fragments: what HAProxy does all day."""

import ipaddress
import random

from harness import Agent, attempt, done, raises, tap
from load import CLIENT, message
import spop
from spop import Peer

CONFIG = '''
limits: {frame-size: 64k, fragments: 100k}
policies:
  default: {return: [allowed, client_ip]}
  headers: {trust: any, return: [client_ip], sources: [{header: X-Real-IP}]}
'''

HELLOS = [
    # what the HELLO says, the status of the refusal or None
    ('as HAProxy 2.6', {'capabilities': 'pipelining,async'}, None),
    ('as HAProxy 3.4', {}, None),
    ('without pipelining', {'capabilities': ''}, None),
    ('without engine-id', {'engine_id': None}, None),
    ('unknown keys', {'extra': [('x', 'y'), ('z', 7)]}, None),
    ('several versions', {'versions': '1.0, 2.0'}, None),
    ('size 256', {'max_frame_size': 256}, None),
    ('size 1 MiB', {'max_frame_size': 1 << 20}, None),
    ('no versions', {'versions': None}, 5),
    ('no size', {'max_frame_size': None}, 6),
    ('no capabilities', {'capabilities': None}, 7),
    ('version 1.0', {'versions': '1.0'}, 8),
    ('size 255', {'max_frame_size': 255}, 9),
    ('size 0', {'max_frame_size': 0}, 9),
    ('no FIN', {'flags': 0}, 10),
    ('ids', {'stream_id': 1}, 4),
    ('a size that is a word', {'max_frame_size': 'big'}, 4),
]


def greet(agent, options, status):
    with Peer(agent.address) as peer:
        if status is None:
            hello = peer.hello(**options)
            size = min(options.get('max_frame_size', spop.FRAME_SIZE), 65536)
            assert hello.max_frame_size == size, hello.max_frame_size
            offered = options.get('capabilities', 'pipelining')
            assert ('pipelining' in hello.capabilities) == \
                ('pipelining' in offered), hello.capabilities
            assert 'fragmentation' in hello.capabilities
            ack = peer.ask(1, 1, message())
            assert ack.values[('txn', 'allowed')] is True
        else:
            peer.send_frame(spop.hello_frame(**options))
            assert peer.recv_disconnect()[0] == status
            peer.expect_closed()


def check_health(agent):
    with Peer(agent.address) as peer:
        hello = peer.hello(healthcheck=True, capabilities='')
        assert hello.capabilities == ['fragmentation']
        peer.expect_silence(0.2)


def one_segment(agent, count):
    with Peer(agent.address) as peer:
        peer.hello()
        peer.send_frame(*[spop.notify_frame(i, 1, message())
                          for i in range(count)])
        acks = peer.recv_acks(count)
        assert set(acks) == {(i, 1) for i in range(count)}
        peer.expect_silence(0.01)


def with_hello(agent):
    """HELLO and NOTIFYs in one segment: nobody does, nothing forbids it."""
    with Peer(agent.address) as peer:
        peer.send_frame(spop.hello_frame(),
                        *[spop.notify_frame(i, 1, message())
                          for i in range(5)])
        spop.decode_agent_hello(peer.expect(spop.AGENT_HELLO))
        assert len(peer.recv_acks(5)) == 5


def same_ids(agent):
    """A late stream's ids can come again while the first is unanswered."""
    with Peer(agent.address) as peer:
        peer.hello()
        peer.send_frame(*[spop.notify_frame(9, 1, message())] * 3)
        for _ in range(3):
            ack = peer.recv_ack()
            assert (ack.stream_id, ack.frame_id) == (9, 1)


def same_ids_everywhere(agent):
    """HAProxys of the new engine number each connection from 1 on: all the
    same ids, and each connection has its own answers."""
    peers = []
    try:
        for number in range(100):
            peers.append(Peer(agent.address))
            peers[-1].hello()
        for turn in range(5):
            for number, peer in enumerate(peers):
                client = ipaddress.ip_address(f'198.51.{turn}.{number}')
                peer.notify(2 * turn + 1, 1, [('m', [('peer', client)])])
            for number, peer in reversed(list(enumerate(peers))):
                ack = peer.recv_ack()
                assert (ack.stream_id, ack.frame_id) == (2 * turn + 1, 1)
                assert str(ack.get('client_ip')) == f'198.51.{turn}.{number}'
    finally:
        for peer in peers:
            peer.close()


def one_piece(agent):
    """HAProxy 3.2 resets a connection whose HELLO comes in two pieces: a
    reader that waits gets all of it at once, and of an answer too."""
    for _ in range(200):
        with Peer(agent.address) as peer:
            for frame in (spop.hello_frame(),
                          spop.notify_frame(1, 1, message())):
                peer.send_frame(frame)
                data = peer.sock.recv(65536)
                assert len(data) == 4 + int.from_bytes(data[:4], 'big')


def odd_ids(agent):
    with Peer(agent.address) as peer:
        peer.hello()
        for ids in ((0, 1), (0, 0), (239, 240), (2 ** 31, 2287),
                    (2 ** 64 - 1, 2 ** 64 - 1)):
            peer.ask(*ids, message())


def dribble(agent, size):
    data = spop.hello_frame().encode() + b''.join(
        spop.notify_frame(i, 1, message()).encode() for i in range(4))
    with Peer(agent.address) as peer:
        peer.send_slowly(data, size)
        spop.decode_agent_hello(peer.expect(spop.AGENT_HELLO))
        assert len(peer.recv_acks(4)) == 4


def random_cuts(agent):
    """The same conversation, cut anywhere, has the same answers."""
    generator = random.Random(1)
    data = spop.hello_frame().encode()
    for i in range(30):
        data += spop.notify_frame(i, 1, message(('x', 'y' * i * 40))).encode()
        data += b''.join(frame.encode() for frame in spop.fragment_frames(
            i, 2, message(('x', 'z' * 300)), 1 + generator.randrange(100)))
    for _ in range(20):
        with Peer(agent.address) as peer:
            at = 0
            while at < len(data):
                size = generator.choice((1, 3, 50, 1000, 10000))
                peer.send(data[at:at + size])
                at += size
            spop.decode_agent_hello(peer.expect(spop.AGENT_HELLO))
            acks = peer.recv_acks(60)
            assert all(ack.values[('txn', 'allowed')] for ack in acks.values())


def fragments(agent):
    header = '203.0.113.9' + ' ' * 60000
    arguments = [('peer', CLIENT), ('policy', 'headers'),
                 ('h.x-real-ip', header), ('h.x-real-ip.count', 1)]
    with Peer(agent.address) as peer:
        peer.hello()
        peer.notify_fragments(7, 1, [('m', arguments)], 16348)
        ack = peer.recv_ack()
        assert ack.get('client_ip') == ipaddress.ip_address('203.0.113.9')
        # Given up in the middle: no answer, and the next one is answered.
        frames = spop.fragment_frames(9, 1, message(), 5)
        peer.send_frame(*frames[:2],
                        spop.unset_frame(9, 1, b'', spop.FIN | spop.ABORT))
        peer.expect_silence(0.1)
        peer.ask(11, 1, message())


def largest_frame(agent):
    """A frame of exactly the agreed size is good."""
    for size in (256, 257, 4096, 16380, 65536):
        with Peer(agent.address) as peer:
            peer.hello(max_frame_size=size)
            room = size - 7 - len(spop.encode_messages(message(('x', ''))))
            room -= 2 if room >= 2288 else (1 if room >= 240 else 0)
            frame = spop.notify_frame(1, 1, message(('x', 'f' * room)))
            assert len(frame.encode()) in (size + 4, size + 3), size
            peer.send_frame(frame)
            peer.recv_ack()


def unknown_frames(agent):
    with Peer(agent.address) as peer:
        peer.hello()
        for kind in (4, 50, 101, 103, 104, 150, 255):
            peer.send_frame(spop.Frame(kind, spop.FIN, 3, 3, b'anything'))
        peer.ask(1, 1, message())


def bye(agent):
    for status in (0, 2, 3, 99, 12345):
        with Peer(agent.address) as peer:
            peer.hello()
            peer.disconnect(status)
            assert peer.recv_disconnect() == (0, 'normal')
            peer.expect_closed()


def several_messages(agent):
    with Peer(agent.address) as peer:
        peer.hello()
        ack = peer.ask(1, 1, message() + [('other', [])])
        assert ack.get('ok') is False and ack.get('error') == 'no-peer'
        assert ('txn', 'client_ip') in ack.unsets
        ack = peer.ask(1, 2, [])
        assert ack.actions == [('txn', 'error', None, None)]


with Agent(CONFIG) as agent:
    for name, options, status in HELLOS:
        attempt(f'HELLO: {name}', greet, agent, options, status)
    attempt('a health check has its HELLO alone', check_health, agent)
    for count in (1, 2, 20, 100, 1000):
        attempt(f'{count} NOTIFYs in one segment', one_segment, agent, count)
    attempt('NOTIFYs behind the HELLO', with_hello, agent)
    attempt('the same ids several times', same_ids, agent)
    attempt('the same ids on many connections', same_ids_everywhere, agent)
    attempt('HELLO and ACK come in one piece', one_piece, agent)
    attempt('ids up to 64 bits', odd_ids, agent)
    for size in (1, 2, 7):
        attempt(f'{size} bytes at a time', dribble, agent, size)
    attempt('cut anywhere', random_cuts, agent)
    attempt('fragments of 60 KiB', fragments, agent)
    attempt('a frame of the agreed size', largest_frame, agent)
    attempt('unknown frames are passed over', unknown_frames, agent)
    attempt('DISCONNECT is answered', bye, agent)
    attempt('several messages and none', several_messages, agent)
    tap(raises(spop.Disconnected, lambda: Peer(agent.address).hello(
        versions='3.0')) is not None, 'the peer notices a refusal')
    tap(not agent.events('protocol-error') or
        len(agent.events('protocol-error')) < 25,
        'faults are logged, within limits')
done()
