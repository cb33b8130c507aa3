#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Those who keep the agent waiting, and those who leave without a word."""

import socket
import struct
import threading
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
# Answers of 15 KiB: more than the kernel keeps on both ways.
MANY = 3000
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


def long_notify(number):
    """Its answer is as long as itself."""
    return spop.notify_frame(number, 1, message(
        ('policy', 'long'), ('host', 'h' * 15000))).encode()


class SlowReader(Peer):
    """Sends from a thread of its own, and reads when it is told to."""

    def __init__(self, count, tail=b''):
        super().__init__(timeout=20)
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131072)
        self.sock.settimeout(20)
        self.sock.connect(('127.0.0.1', agent.port))
        self.hello()
        self.sent = 0
        self.sender = threading.Thread(target=self.flood, args=(count, tail),
                                       daemon=True)
        self.sender.start()

    def flood(self, count, tail):
        try:
            for number in range(count):
                self.sock.sendall(long_notify(number))
                self.sent += 1
            self.sock.sendall(tail)
        except OSError:
            pass

    def recv_long(self, first, count):
        for number in range(first, first + count):
            ack = self.recv_ack()
            assert ack.stream_id == number, (ack.stream_id, number)
            assert len(ack.get('fwd_host')) == 15000

    def pause(self):
        """Less than frame-timeout, and enough for all buffers to be full."""
        time.sleep(0.6)
        assert self.sent < MANY, 'the agent never stopped reading'


def reader_stops():
    """It is not read any more, costs little, and its time is limited."""
    alone = descriptors + 1     # the load has one
    wait_until(lambda: agent.descriptors() <= alone)
    memory = agent.rss()
    began = time.monotonic()
    with SlowReader(MANY) as peer:
        peer.pause()
        grown = agent.rss() - memory
        assert SLOW > 1 or grown < 1 << 20, f'{grown} bytes more'
        assert wait_until(lambda: agent.descriptors() <= alone, 8), \
            'it was not closed'
    passed = time.monotonic() - began
    assert 1.0 <= passed <= 4.0 * SLOW, passed


def reader_pauses():
    """Slow, but it goes on: every answer arrives."""
    with SlowReader(MANY) as peer:
        peer.pause()
        for at in range(0, MANY, 500):
            peer.recv_long(at, 500)
            time.sleep(0.3)
        peer.sender.join()
        peer.ask(9999, 1, message())


def fault_behind_answers():
    """The answers that were not read yet come before the DISCONNECT."""
    with SlowReader(MANY, b'\0\0\0\0') as peer:
        peer.pause()
        peer.recv_long(0, MANY)
        assert peer.recv_disconnect()[0] == 4
        peer.expect_closed()


def reset_when_stuck():
    with SlowReader(MANY) as peer:
        peer.pause()
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack('ii', 1, 0))
        peer.sock.shutdown(socket.SHUT_RDWR)


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
        attempt('a reader that stops', reader_stops)
        attempt('a reader that pauses', reader_pauses)
        attempt('a fault behind answers not read', fault_behind_answers)
        attempt('a reset with answers not read', reset_when_stuck)
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
