# SPDX-License-Identifier: Apache-2.0
"""Peers that are slow, dead or gone, each kind with its deadline."""

import os
import socket
import struct
import time
from ipaddress import IPv4Address

import spop

SCALE = float(os.environ.get('SIEGE_SCALE', '1'))
HELLO, FRAME, LINGER = 2.0 * SCALE, 3.0 * SCALE, 1.0

CONFIG = f'''
threads: 2
limits: {{connections: 16000, hello-timeout: {HELLO * 1000:.0f}ms,
         frame-timeout: {FRAME * 1000:.0f}ms}}
policies:
  long: {{return: [allowed],
         forward: {{X-Forwarded-Host: {{trusted: own, untrusted: own}}}}}}
'''

PEER = ('peer', IPv4Address('198.51.100.7'))
LONG = [('check', [PEER, ('policy', 'long'), ('host', 'h' * 15000)])]
SHORT = [('check', [PEER, ('policy', 'long')])]
GREETING = spop.hello_frame().encode()
ASK = spop.notify_frame(1, 1, SHORT).encode()
ASK_LONG = spop.notify_frame(1, 1, LONG).encode()
RESET = struct.pack('ii', 1, 0)
UNSENT_MAX = 512 << 10
NO_PORT = 24  # IP_BIND_ADDRESS_NO_PORT


def connect(address, source, room=None):
    """source: another one for each crowd, not to run out of ports; room: bytes
    that its socket takes either way."""
    host, _, port = address.rpartition(':')
    sock = socket.socket()
    if room is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, room)
    sock.setsockopt(socket.SOL_IP, NO_PORT, 1)
    sock.bind((source, 0))
    sock.settimeout(20)
    sock.connect((host, int(port)))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def take_frames(sock, count=None):
    """So many, or all until the end."""
    data, frames = b'', []
    while count is None or len(frames) < count:
        try:
            part = sock.recv(65536)
        except ConnectionError:
            break
        if not part:
            break
        data += part
        while len(data) >= 4 and \
                len(data) >= 4 + int.from_bytes(data[:4], 'big'):
            size = 4 + int.from_bytes(data[:4], 'big')
            frames.append(spop.Frame.decode(data[:size]))
            data = data[size:]
    return frames


def unsent(port):
    """Bytes that the kernel keeps for each connection to that port."""
    with open('/proc/net/tcp') as table:
        rows = [line.split() for line in list(table)[1:]]
    return [int(row[4].partition(':')[0], 16) for row in rows
            if int(row[1].rpartition(':')[2], 16) == port]


class Kind:
    """Peers of a kind. seconds: until the agent has heard enough; lingers: it
    waits for them to close then; farewell: the status of its DISCONNECT."""

    name = ''
    greeted = True
    seconds = FRAME
    lingers = True
    farewell = 2
    every = None  # seconds between two turns of each
    answers = 0
    room = None

    def __init__(self, address, count, source):
        self.socks = [connect(address, source, self.room)
                      for _ in range(count)]
        if self.greeted:
            for sock in self.socks:
                sock.sendall(GREETING)
            for sock in self.socks:
                frames = take_frames(sock, 1)
                spop.decode_agent_hello(frames[0])
        self.turn = 0
        self.first = time.monotonic()
        self.begin()
        self.last = time.monotonic()

    def begin(self):
        for sock in self.socks:
            self.start(sock)

    def start(self, sock):
        """What it does first."""

    def dribble(self):
        """What it does at each turn."""
        return b''

    def tend(self):
        if self.every is None or \
                time.monotonic() < self.first + self.turn * self.every:
            return
        data = self.dribble()
        self.turn += 1
        for sock in self.socks:
            try:
                sock.send(data)
            except OSError:
                pass

    def cost(self):
        """Why they cost too much while they are there, or ''."""
        return ''

    def latest(self):
        """When they all are gone."""
        return self.last + self.seconds + (LINGER if self.lingers else 0)

    def wrong(self):
        """Why what they heard is wrong, or ''."""
        if self.farewell is None:
            return ''
        wrong = 0
        for sock in self.socks:
            frames = take_frames(sock)
            if len(frames) != self.answers + 1:
                wrong += 1
                continue
            status = spop.decode_agent_disconnect(frames[-1])[0]
            wrong += status != self.farewell
        return f'{wrong} heard no good end' if wrong else ''

    def close(self):
        for sock in self.socks:
            sock.close()


class Silent(Kind):
    name = 'silent'
    greeted = False
    seconds = HELLO


class HalfHello(Silent):
    name = 'half a HELLO'

    def start(self, sock):
        sock.sendall(GREETING[:30])


class SlowHello(Silent):
    """It would take longer than there is time, yet something always comes."""
    name = 'a HELLO byte by byte'
    every = 0.25

    def dribble(self):
        return GREETING[self.turn:self.turn + 1]


class HalfFrame(Kind):
    name = 'half a frame'

    def start(self, sock):
        sock.sendall(ASK[:20])


class SlowFrame(Kind):
    name = 'a frame byte by byte'
    every = 0.25

    def dribble(self):
        return ASK[self.turn:self.turn + 1]


class Fragments(Kind):
    name = 'fragments without an end'
    every = 0.5

    def dribble(self):
        frame = spop.Frame(spop.UNSET if self.turn else spop.NOTIFY, 0, 1, 1,
                           b'x')
        return frame.encode()


class Choked(Kind):
    """Asks, and does not read."""
    name = 'a reader that does not read'
    farewell = None
    room = 16384

    def begin(self):
        """Until no socket has taken a byte for a while. What was full first
        has waited all the time."""
        rest = {sock: ASK_LONG for sock in self.socks}
        moved = self.first
        for sock in self.socks:
            sock.setblocking(False)
        while time.monotonic() < moved + 0.2:
            for sock, data in rest.items():
                try:
                    rest[sock] = data[sock.send(data):] or ASK_LONG
                    moved = time.monotonic()
                except BlockingIOError:
                    pass
            time.sleep(0.002)


    def cost(self):
        """Each once had four megabytes of the kernel's memory."""
        queued = unsent(self.socks[0].getpeername()[1])
        mean = sum(queued) / len(self.socks)
        return '' if mean < UNSENT_MAX else \
            f'{mean:.0f} bytes are kept for each'


class Deaf(Kind):
    """Hears nothing any more, and says half of something."""
    name = 'closed for reading'
    farewell = None

    def start(self, sock):
        sock.shutdown(socket.SHUT_RD)
        sock.sendall(ASK[:20])


class HalfClosed(Kind):
    """Everything it asked is answered."""
    name = 'closed for writing'
    seconds = 0
    lingers = False
    said = ASK * 3
    answers = 3

    def start(self, sock):
        sock.sendall(self.said)
        sock.shutdown(socket.SHUT_WR)

    def wrong(self):
        wrong = sum(len(take_frames(sock)) != self.answers
                    for sock in self.socks)
        return f'{wrong} have no answers' if wrong else ''


class HalfClosedInFrame(HalfClosed):
    name = 'closed for writing within a frame'
    said = ASK + ASK[:20]
    answers = 1


class Gone(Kind):
    """FIN within a frame."""
    name = 'gone within a frame'
    seconds = 0
    lingers = False
    farewell = None
    said = ASK[:20]

    def start(self, sock):
        sock.sendall(self.said)
        sock.close()


class Reset(Gone):
    name = 'reset within a frame'

    def start(self, sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        super().start(sock)


class ResetWithAnswers(Reset):
    name = 'reset with answers under way'
    said = ASK * 20


class Stubborn(Kind):
    """Told that it is wrong, it does not leave."""
    name = 'stays after a DISCONNECT'
    seconds = 0
    farewell = 4

    def start(self, sock):
        sock.sendall(b'\0\0\0\0')


KINDS = [Silent, HalfHello, SlowHello, HalfFrame, SlowFrame, Fragments, Choked,
         Deaf, HalfClosed, HalfClosedInFrame, Gone, Reset, ResetWithAnswers,
         Stubborn]


# ---- many at once ----


def storm(address, count, source):
    """Connects them all as fast as it goes, greets, asks once each. Seconds
    until the last is connected, and until the last is greeted."""
    began = time.monotonic()
    socks = []
    for _ in range(count):
        sock = connect(address, source)
        sock.send(GREETING)
        socks.append(sock)
    connected = time.monotonic() - began
    await_all(socks, spop.decode_agent_hello)
    greeted = time.monotonic() - began
    for sock in socks:
        sock.send(ASK)
    await_all(socks, spop.decode_ack)
    for at, sock in enumerate(socks):
        if at % 2:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        sock.close()
    return connected, greeted


def await_all(socks, decode):
    """A frame of each; they are all alike."""
    wanted = None
    for sock in socks:
        data = sock.recv(65536)
        if wanted is None:
            decode(spop.Frame.decode(data))
            wanted = data
        if data != wanted:
            raise AssertionError(f'{data} in place of {wanted}')
