#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever one connection sends, it alone is ended, with the right status, and
those beside it lose no answer."""

import random
import socket
import struct

from harness import Agent, SLOW, attempt, done, tap, wait_until
from load import Load, message
import spop
from spop import Peer

CONFIG = '''
threads: 1
limits: {frame-size: 16k, fragments: 20k, frame-timeout: 1s}
policies: {default: {return: [allowed]}}
'''

HELLO = spop.hello_frame().encode()
NOTIFY = spop.notify_frame(1, 1, message()).encode()


def frame(kind, payload=b'', flags=spop.FIN, ids=(1, 1)):
    return spop.Frame(kind, flags, *ids, payload).encode()


def pieces(*flags):
    data = spop.encode_messages(message())
    kinds = [spop.NOTIFY] + [spop.UNSET] * (len(flags) - 1)
    return b''.join(frame(kind, data[:5], flag)
                    for kind, flag in zip(kinds, flags))


FAULTS = [
    # name, what is sent behind the HELLO, the status
    ('length 0', b'\0\0\0\0', 4),
    ('length 6', b'\0\0\0\6\3\0\0\0\1\1', 4),
    ('length above the agreed size', struct.pack('>I', 16381) + b'\3', 3),
    ('length 2^31', struct.pack('>I', 1 << 31), 3),
    ('length 2^32 - 1', b'\xff\xff\xff\xff', 3),
    ('HTTP', b'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 3),
    ('TLS', bytes.fromhex('16030100c8010000c40303'), 3),
    ('ids that overrun', b'\0\0\0\7\3\0\0\0\1\xff\xff', 4),
    ('a message cut short', frame(spop.NOTIFY, b'\3ab'), 4),
    ('a message without a count', frame(spop.NOTIFY, b'\1m'), 4),
    ('missing arguments', frame(spop.NOTIFY, b'\1m\2\1a\0'), 4),
    ('an argument longer than the frame',
     frame(spop.NOTIFY, b'\1m\1\1a\x08\xff\xff\7'), 4),
    ('a string of 2^64 - 1 bytes',
     frame(spop.NOTIFY, b'\1m\1\1a\x08' + spop.encode_varint(2 ** 64 - 1)), 4),
    ('an endless varint', frame(spop.NOTIFY, b'\1m\1\1a\4' + b'\xff' * 12), 4),
    ('half an address', frame(spop.NOTIFY, b'\1m\1\1a\6\1\2'), 4),
    ('a reserved type', frame(spop.NOTIFY, b'\1m\1\1a\x0a'), 4),
    ('something behind the messages',
     frame(spop.NOTIFY, spop.encode_messages(message()) + b'\7'), 4),
    ('a second HELLO', HELLO, 4),
    ('a DISCONNECT with ids', frame(spop.HAPROXY_DISCONNECT), 4),
    ('a broken DISCONNECT',
     frame(spop.HAPROXY_DISCONNECT, b'\x40', ids=(0, 0)), 4),
    ('a fragment of nothing', frame(spop.UNSET), 12),
    ('two NOTIFYs interlaced', pieces(0) + NOTIFY, 11),
    ('fragments of two streams', pieces(0) + frame(spop.UNSET, b'', 0, (3, 1)),
     11),
    ('ABORT without FIN', pieces(0, spop.ABORT), 4),
    ('fragments above the limit',
     frame(spop.NOTIFY, b'x' * 16000, 0) + frame(spop.UNSET, b'x' * 4481, 0),
     3),
    ('a broken message in fragments',
     frame(spop.NOTIFY, b'\1m', 0) + frame(spop.UNSET, b'\1'), 4),
]

BEFORE_HELLO = [
    ('NOTIFY first', NOTIFY, 4),
    ('DISCONNECT first', spop.disconnect_frame().encode(), 4),
    ('an unknown frame first', frame(150), 4),
    ('HTTP first', b'GET / HTTP/1.1\r\n\r\n', 3),
    ('a length above our own size first', struct.pack('>I', 16385), 3),
]


def offend(data, status, greet):
    with Peer(agent.address) as peer:
        if greet:
            peer.hello()
            peer.ask(1, 1, message())
        # The answer before the fault is not lost, nothing behind is read.
        peer.send((NOTIFY if greet else b'') + data + NOTIFY)
        if greet:
            peer.recv_ack()
        got = peer.recv_disconnect()
        assert got == (status, spop.STATUS_TEXTS[status]), got
        peer.expect_closed()


def reset(data):
    sock = socket.create_connection(('127.0.0.1', agent.port))
    sock.sendall(data)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack('ii', 1, 0))
    sock.close()


def noise(generator):
    """Good bytes with a few of them changed, cut or doubled."""
    data = bytearray(HELLO + NOTIFY * 3 + pieces(0, 0, spop.FIN) +
                     spop.disconnect_frame().encode())
    for _ in range(generator.randrange(1, 6)):
        at = generator.randrange(len(data))
        kind = generator.randrange(3)
        if kind == 0:
            data[at] = generator.randrange(256)
        elif kind == 1:
            del data[at:at + generator.randrange(1, 9)]
        else:
            data[at:at] = data[at:at + generator.randrange(1, 9)]
    return bytes(data)


def send_noise(count):
    """The agent's side of it is decoded, as strictly as ever."""
    generator = random.Random(2)
    for _ in range(count):
        with Peer(agent.address) as peer:
            try:
                peer.send(noise(generator))
                peer.sock.shutdown(socket.SHUT_WR)
                while True:
                    got = peer.recv_frame()
                    if got.type == spop.ACK:
                        spop.decode_ack(got)
                    elif got.type == spop.AGENT_DISCONNECT:
                        spop.decode_agent_disconnect(got)
                    else:
                        assert got.type == spop.AGENT_HELLO
            except (spop.Closed, OSError):
                pass


with Agent(CONFIG) as agent:
    before = agent.descriptors()
    with Load(agent.address, peers=2, depth=5, pause=0.001) as load:
        for name, data, status in FAULTS:
            attempt(name, offend, data, status, True)
        for name, data, status in BEFORE_HELLO:
            attempt(name, offend, data, status, False)
        for data in (b'', HELLO[:20], HELLO, HELLO + NOTIFY[:9],
                     HELLO + pieces(0), HELLO + b'\0\0\0\0'):
            for _ in range(10):
                reset(data)
        attempt('noise', send_noise, 300 // SLOW)
    tap(load.verdict() == '', f'{load.answers} good answers meanwhile',
        load.verdict())
    tap(wait_until(lambda: agent.descriptors() <= before),
        'no descriptor is left behind', agent.descriptors())
    agent.stop()
    totals = {event['status']: int(event['count'])
              for event in agent.events('total') if 'status' in event}
    tap(totals['3'] >= 6 and totals['4'] >= 18 and totals['11'] >= 2 and
        totals['12'] >= 1, 'the totals tell', totals)
    tap(agent.events('totals')[0]['connections'] ==
        agent.events('totals')[0]['closed'], 'and add up')
    lines = len(agent.events('protocol-error'))
    tap(0 < lines < 30, f'{lines} log lines for all of this')
done()
