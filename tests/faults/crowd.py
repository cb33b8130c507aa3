# SPDX-License-Identifier: Apache-2.0
"""Many connections of HAProxy in one thread, each with its own part to play,
and the only right answers."""

import selectors
import socket
import time
from ipaddress import IPv4Address

from target import expect
import harness
import spop

CONFIG = '''
listen:
  - {address: "127.0.0.1:0", from: [everybody]}
  - {address: "unix:{dir}/spop.sock"}
threads: 2
limits: {connections: 400, frame-size: 4k, fragments: 32k, hello-timeout: 5s,
         frame-timeout: 5s, drain-timeout: 400ms}
lists:
  everybody: [127.0.0.0/8]
  trusted: {file: lists/trusted.txt}
  drop: {file: lists/drop.txt}
policies:
  default:
    trust: [trusted]
    sources: [{header: X-Forwarded-For}]
    rules: [{deny: [drop], name: RULE}]
    return: [verdict, allowed, client_ip, proven, rule, list, generation]
'''

MORE = '''
policies:
  other: {like: kong, default: deny, return: [verdict, generation]}
  long: {return: [verdict, generation],
         forward: {X-Forwarded-Host: {trusted: own, untrusted: own}}}
'''

DROP = '203.0.113.0/24\n192.0.2.7\n2001:db8:bad::/48\n198.18.0.9-198.18.0.77\n'

FILES = {
    'conf.d/20-more.yaml': MORE,
    'conf.d/README': 'no configuration\n',
    'lists/trusted.txt': '10.0.0.0/8\n',
    'lists/drop.txt': DROP,
}

HOST = 'h' * 1500


def config(rule='blocked'):
    return CONFIG.replace('RULE', rule)


def denied(rule='blocked'):
    return ([('peer', IPv4Address('10.0.0.1')),
             ('h.X-Forwarded-For', '198.51.100.7, 203.0.113.9, 10.0.0.2'),
             ('h.X-Forwarded-For.count', 1)],
            {'ok': True, 'verdict': 'deny', 'allowed': False,
             'client_ip': IPv4Address('203.0.113.9'), 'proven': True,
             'rule': rule, 'list': 'drop'})


ALLOWED = ([('peer', IPv4Address('198.51.100.7'))],
           {'ok': True, 'verdict': 'allow', 'allowed': True,
            'client_ip': IPv4Address('198.51.100.7'), 'proven': True,
            'rule': 'default'})
OTHER = ([('peer', IPv4Address('198.51.100.7')), ('policy', 'other')],
         {'ok': True, 'verdict': 'deny', 'fwd_for': '198.51.100.7'})
NO_POLICY = ([('peer', IPv4Address('198.51.100.7')), ('policy', 'nobody')],
             {'ok': False, 'allowed': False, 'error': 'no-policy'})
LONG = ([('peer', IPv4Address('198.51.100.7')), ('policy', 'long'),
         ('host', HOST)],
        {'ok': True, 'verdict': 'allow', 'fwd_host': HOST})


def check_answer(ack, expected):
    """Gives the generation that answered, or None."""
    values = {name: value for (scope, name), value in ack.values.items()
              if scope == 'txn'}
    generation = values.pop('generation', None)
    expect(values == expected and not ack.unsets, 'wrong answer', ack,
           'in place of', expected)
    expect(len(ack.values) == len(values) + (generation is not None),
           'another scope in', ack)
    return generation


# ---- parts ----
#
# A part yields bytes to be sent and how many frames are to come back, and is
# given them; 0 frames: the connection is to be closed.


def greet(**options):
    frames = yield spop.hello_frame(4096, **options).encode(), 1
    expect(frames[0].type == spop.AGENT_HELLO, 'in place of a HELLO', frames)
    hello = spop.decode_agent_hello(frames[0], 4096)
    expect(hello.max_frame_size == 4096, 'size', hello.max_frame_size)


def ask(*requests, size=None):
    """All at once; their answers are known by their stream-id."""
    data = b''
    for number, (arguments, _) in enumerate(requests):
        messages = [('check', arguments)]
        frames = [spop.notify_frame(number, 1, messages)]
        if size is not None:
            frames = spop.fragment_frames(number, 1, messages, size)
        data += b''.join(frame.encode() for frame in frames)
    frames = yield data, len(requests)
    acks = [spop.decode_ack(frame) for frame in frames]
    expect([ack.stream_id for ack in acks] == list(range(len(requests))),
           'answers', [ack.stream_id for ack in acks])
    for ack, (_, expected) in zip(acks, requests):
        check_answer(ack, expected)


def say_goodbye():
    frames = yield spop.disconnect_frame().encode(), 1
    expect(spop.decode_agent_disconnect(frames[0]) == (0, 'normal'),
           'wrong DISCONNECT', frames)
    yield b'', 0


def plain():
    yield from greet()
    yield from ask(denied())
    yield from ask(ALLOWED)


def polite():
    yield from greet()
    yield from ask(OTHER, NO_POLICY)
    yield from say_goodbye()


def pipelined():
    yield from greet(capabilities='pipelining,fragmentation')
    yield from ask(denied(), ALLOWED, OTHER, LONG, ALLOWED)


def fragmented():
    yield from greet(capabilities='fragmentation')
    yield from ask(denied(), size=20)
    yield from ask(LONG, size=700)


def check():
    yield from greet(healthcheck=True, engine_id=None)


def interrupted():
    """Leaves within a frame."""
    yield from greet()
    yield spop.notify_frame(1, 1, [('check', ALLOWED[0])]).encode()[:20], None


PARTS = [plain, plain, polite, plain, pipelined, plain, fragmented, plain,
         check, interrupted]


# ---- the crowd ----


class Client:
    """lost: why its connection is gone that should not be, or None."""

    def __init__(self, address, part):
        self.part = part()
        self.sock = socket.socket()
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.sock.connect(address)
        except BlockingIOError:
            pass
        self.port = self.sock.getsockname()[1]
        self.buffer = b''
        self.frames = []
        self.lost = None
        self.done = False
        self.next(None)

    def next(self, frames):
        try:
            self.output, self.wanted = (self.part.send(frames))
        except StopIteration:
            self.done = True
        self.frames = []
        if not self.done and self.wanted is None and not self.output:
            self.done = True

    def lose(self, why):
        self.lost = why
        self.done = True

    def take_frames(self):
        while len(self.buffer) >= 4:
            size = 4 + int.from_bytes(self.buffer[:4], 'big')
            if len(self.buffer) < size:
                return
            self.frames.append(spop.Frame.decode(self.buffer[:size]))
            self.buffer = self.buffer[size:]

    def on_readable(self):
        data = self.sock.recv(65536)
        if not data:
            if self.wanted == 0 and not self.buffer and not self.output:
                self.done = True
            else:
                self.lose('closed')
            return
        self.buffer += data
        self.take_frames()
        if self.frames and self.frames[-1].type == spop.AGENT_DISCONNECT:
            status = spop.decode_agent_disconnect(self.frames[-1])
            if status[0] != 0:
                self.lose(status)
                return
        expect(len(self.frames) <= (self.wanted or 0), 'unexpected frames',
               self.frames)
        if self.frames and len(self.frames) == self.wanted:
            self.next(self.frames)

    def on_writable(self):
        self.output = self.output[self.sock.send(self.output):]
        if not self.output and self.wanted is None:
            self.done = True

    def on_ready(self, events):
        try:
            if events & selectors.EVENT_READ:
                self.on_readable()
            if not self.done and events & selectors.EVENT_WRITE and \
                    self.output:
                self.on_writable()
        except BlockingIOError:
            pass
        except OSError as error:
            self.lose(error)

    @property
    def events(self):
        return selectors.EVENT_READ | \
            (selectors.EVENT_WRITE if self.output else 0)


def play(port, parts, patience=0.1, on_silence=lambda: None, seconds=4):
    """Every part to its end; the clients. When nothing has moved for a while
    on_silence is called, once."""
    end = time.monotonic() + seconds * harness.SLOW
    clients = [Client(('127.0.0.1', port), part) for part in parts]
    silent = False
    try:
        with selectors.DefaultSelector() as selector:
            for client in clients:
                selector.register(client.sock, client.events, client)
            while selector.get_map():
                ready = selector.select(patience)
                if not ready and not silent:
                    silent = True
                    on_silence()
                expect(time.monotonic() < end,
                       len(selector.get_map()), 'of', len(clients),
                       'wait for ever')
                for key, events in ready:
                    client = key.data
                    client.on_ready(events)
                    if client.done:
                        selector.unregister(client.sock)
                    elif client.events != key.events:
                        selector.modify(client.sock, client.events, client)
    finally:
        for client in clients:
            client.sock.close()
    return clients

