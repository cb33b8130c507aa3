#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Those who keep the agent waiting, and those who leave without a word."""

import socket
import struct
import time

from harness import Agent, SLOW, attempt, done, tap, wait_until
from load import Load, message
import spop
from spop import Peer

CONFIG = '''
threads: 1
limits: {hello-timeout: 500ms, frame-timeout: 1s}
policies:
  default: {return: [allowed]}
  long: {return: [allowed], forward: {X-Forwarded-Host: {trusted: own, untrusted: own}}}
'''

SLACK = 0.6 * SLOW
NOTIFY = spop.notify_frame(1, 1, message()).encode()


def expect_timeout(peer, began, seconds):
    """A DISCONNECT 2, not before its time and not long after it."""
    status = peer.recv_disconnect(seconds + 5)
    passed = time.monotonic() - began
    assert status == (2, 'a timeout occurred'), status
    assert seconds - 0.05 <= passed <= seconds + SLACK, passed
    peer.expect_closed()


def silent(data=b''):
    with Peer(agent.address) as peer:
        began = time.monotonic()
        peer.send(data)
        expect_timeout(peer, began, 0.5)


def dribbled_hello():
    """Bytes that come one by one do not buy time."""
    with Peer(agent.address) as peer:
        began = time.monotonic()
        for byte in spop.hello_frame().encode()[:40]:
            try:
                peer.send(bytes([byte]))
            except spop.Closed:
                break
            time.sleep(0.03)
        status = peer.recv_disconnect()
        passed = time.monotonic() - began
        assert status[0] == 2, status
        assert passed < 40 * 0.03 + SLACK, passed


def checked():
    """A health check that stays: closed, without a DISCONNECT."""
    with Peer(agent.address) as peer:
        peer.hello(healthcheck=True, capabilities='')
        began = time.monotonic()
        peer.expect_closed()
        assert 0.3 <= time.monotonic() - began <= 0.5 + SLACK


def partial(data):
    with Peer(agent.address) as peer:
        peer.hello()
        peer.ask(1, 1, message())
        time.sleep(0.7)     # an idle connection has no deadline
        began = time.monotonic()
        peer.send(data)
        expect_timeout(peer, began, 1.0)


def dribbled_frame():
    with Peer(agent.address) as peer:
        peer.hello()
        began = time.monotonic()
        for byte in NOTIFY:
            try:
                peer.send(bytes([byte]))
            except spop.Closed:
                break
            time.sleep(0.05)
        status = peer.recv_disconnect()
        assert status[0] == 2, status
        assert time.monotonic() - began <= len(NOTIFY) * 0.05 + SLACK


def slow_but_alive():
    """Each frame has its own time: a slow peer is served for long."""
    with Peer(agent.address) as peer:
        peer.hello()
        for i in range(6):
            data = spop.notify_frame(i, 1, message()).encode()
            peer.send(data[:7])
            time.sleep(0.4)
            peer.send(data[7:] + NOTIFY[:5])
            peer.recv_ack()
            time.sleep(0.1)
            peer.send(NOTIFY[5:])
            peer.recv_ack()


def idle():
    with Peer(agent.address) as peer:
        peer.hello()
        peer.expect_silence(2.5)
        peer.ask(1, 1, message())


def flood(peer, count):
    """NOTIFYs with long answers, nothing is read; gives how many went."""
    big = spop.notify_frame(1, 1, message(
        ('policy', 'long'), ('host', 'h' * 15000))).encode()
    peer.sock.settimeout(0.3)
    sent = 0
    try:
        while sent < count:
            peer.sock.sendall(big)
            sent += 1
    except TimeoutError:
        pass
    return sent


def slow_reader():
    """It stops being read, its memory is bounded, its time is limited."""
    with Peer() as peer:
        peer.sock = socket.socket()
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.sock.settimeout(5)
        peer.sock.connect(('127.0.0.1', agent.port))
        peer.hello()
        before = agent.rss()
        sent = flood(peer, 20000)
        assert sent < 20000, 'the agent never stopped reading'
        grown = agent.rss() - before
        assert grown < 4 << 20, f'{grown} bytes more'
        assert wait_until(lambda: agent.descriptors() <= descriptors + 2, 8)


def reader_returns():
    """Slow, but not too slow: every answer arrives."""
    with Peer() as peer:
        peer.sock = socket.socket()
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.sock.settimeout(5)
        peer.sock.connect(('127.0.0.1', agent.port))
        peer.hello()
        frames = [spop.notify_frame(i, 1, message(
            ('policy', 'long'), ('host', 'h' * 15000))) for i in range(20)]
        for frame in frames:
            peer.send(frame.encode())
        time.sleep(0.5)
        for i in range(20):
            ack = peer.recv_ack()
            assert ack.stream_id == i and len(ack.get('fwd_host')) == 15000
        peer.ask(99, 1, message())


def half_close():
    """FIN behind the requests: all of them are answered, then the end."""
    with Peer(agent.address) as peer:
        peer.hello()
        peer.send_frame(*[spop.notify_frame(i, 1, message())
                          for i in range(500)])
        peer.sock.shutdown(socket.SHUT_WR)
        assert len(peer.recv_acks(500)) == 500
        peer.expect_closed()


def half_close_in_frame():
    with Peer(agent.address) as peer:
        peer.hello()
        peer.send(NOTIFY + NOTIFY[:10])
        peer.sock.shutdown(socket.SHUT_WR)
        peer.recv_ack()
        peer.expect_closed()


def resets(data):
    for _ in range(50):
        sock = socket.create_connection(('127.0.0.1', agent.port))
        sock.sendall(data)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack('ii', 1, 0))
        sock.close()


with Agent(CONFIG) as agent:
    descriptors = agent.descriptors()
    with Load(agent.address, peers=1, depth=5, pause=0.002) as load:
        attempt('silence instead of a HELLO', silent)
        attempt('half a HELLO', silent, spop.hello_frame().encode()[:30])
        attempt('a HELLO byte by byte', dribbled_hello)
        attempt('a health check that stays', checked)
        attempt('part of a length', partial, NOTIFY[:2])
        attempt('part of a frame', partial, NOTIFY[:-1])
        attempt('fragments without an end', partial,
                spop.Frame(spop.NOTIFY, 0, 1, 1, b'x').encode())
        attempt('a frame byte by byte', dribbled_frame)
        attempt('slow, but frame by frame', slow_but_alive)
        attempt('idle for long', idle)
        attempt('a reader that stops', slow_reader)
        attempt('a reader that pauses', reader_returns)
        attempt('half close', half_close)
        attempt('half close within a frame', half_close_in_frame)
        attempt('resets', resets, spop.hello_frame().encode() + NOTIFY[:9])
        attempt('resets with answers under way', resets,
                spop.hello_frame().encode() + NOTIFY * 50)
    tap(load.verdict() == '', f'{load.answers} good answers meanwhile',
        load.verdict())
    tap(load.longest < 1.0 * SLOW, f'none took long ({load.longest:.3f} s)')
    tap(wait_until(lambda: agent.descriptors() <= descriptors),
        'no descriptor is left behind')
done()
