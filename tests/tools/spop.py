# SPDX-License-Identifier: Apache-2.0
"""HAProxy's side of SPOP, for tests: frames written freely, answers read
strictly.

Written from the specification alone, so that it can judge the agent. What the
agent sends is refused (Refused) wherever HAProxy, of any version, would refuse
it, stall on it or misread it.

    with Peer('127.0.0.1:9000') as peer:
        peer.hello()
        ack = peer.ask(1, 1, [('req', [('peer', IPv4Address('192.0.2.1'))])])
        assert ack.values[('txn', 'allowed')] is True

Values are Python's: None NULL, bool BOOL, int INT64, str STRING, bytes BINARY,
IPv4Address, IPv6Address. Typed gives another type code, Raw bytes as they are.
"""

import socket
import time

# All of these are for who imports this module, too.
from spop_wire import (
    BINARY, BOOL, INT32, INT64, IPV4, IPV6, NULL, STRING, UINT32, UINT64,
    Raw, Reader, Refused, Typed, encode_headers, encode_items, encode_string,
    encode_value, encode_varint, refuse_unless, to_bytes)

UNSET, HAPROXY_HELLO, HAPROXY_DISCONNECT, NOTIFY = 0, 1, 2, 3
AGENT_HELLO, AGENT_DISCONNECT, ACK = 101, 102, 103

FIN, ABORT = 1, 2

SCOPES = ('proc', 'sess', 'txn', 'req', 'res')

STATUS_TEXTS = {
    0: 'normal',
    1: 'I/O error',
    2: 'a timeout occurred',
    3: 'frame is too big',
    4: 'invalid frame received',
    5: 'version value not found',
    6: 'max-frame-size value not found',
    7: 'capabilities value not found',
    8: 'unsupported version',
    9: 'max-frame-size too big or too small',
    10: 'fragmentation not supported',
    11: 'invalid interlaced frames',
    12: 'frame-id not found',
    13: 'resource allocation error',
    99: 'an unknown error occurred',
}

FRAME_MIN = 7
FRAME_SIZE = 16380          # what HAProxy offers by default
FRAME_SIZE_MIN = 256
NAME_MAX = 63               # scope.prefix.name, all of it
MESSAGE_MAX = 255           # of an AGENT-DISCONNECT
ENGINE_ID = '8aa3e11c-3a0c-4d8e-9f2b-5a3c4ad1f6de'

NAME_BYTES = frozenset(
    b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.')


class Closed(Exception):
    """The agent closed the connection, or reset it."""


class Disconnected(Exception):
    """An AGENT-DISCONNECT came where something else was awaited."""

    def __init__(self, status, message):
        super().__init__(f'AGENT-DISCONNECT {status}: {message}')
        self.status = status
        self.message = message


# ---- frames ----


class Frame:
    def __init__(self, type, flags=FIN, stream_id=0, frame_id=0, payload=b''):
        self.type = type
        self.flags = flags
        self.stream_id = stream_id
        self.frame_id = frame_id
        self.payload = bytes(payload)

    def __repr__(self):
        return (f'Frame({self.type}, {self.flags:#x}, {self.stream_id}, '
                f'{self.frame_id}, {self.payload!r})')

    def body(self):
        return (bytes([self.type]) + self.flags.to_bytes(4, 'big') +
                encode_varint(self.stream_id) + encode_varint(self.frame_id) +
                self.payload)

    def encode(self, length=None):
        """With its length in front; another one on request."""
        body = self.body()
        if length is None:
            length = len(body)
        return length.to_bytes(4, 'big') + body

    @classmethod
    def decode_body(cls, body):
        refuse_unless(len(body) >= FRAME_MIN, 'frame of', len(body), 'bytes')
        reader = Reader(body)
        kind, flags = reader.byte(), reader.u32()
        stream_id, frame_id = reader.varint(), reader.varint()
        return cls(kind, flags, stream_id, frame_id, body[reader.at:])

    @classmethod
    def decode(cls, data):
        """Exactly one frame, length in front, nothing behind."""
        reader = Reader(data)
        body = reader.take(reader.u32())
        refuse_unless(reader.done(), 'bytes behind the frame')
        return cls.decode_body(body)


def split_frames(data):
    """The frames that data, a whole number of them, is made of."""
    reader = Reader(data)
    frames = []
    while not reader.done():
        frames.append(Frame.decode_body(reader.take(reader.u32())))
    return frames


def hello_frame(max_frame_size=FRAME_SIZE, capabilities='pipelining',
                healthcheck=None, engine_id=ENGINE_ID, versions='2.0',
                flags=FIN, extra=(), stream_id=0, frame_id=0):
    """A HAPROXY-HELLO in HAProxy's order; a key given as None is left out.

    extra: further pairs of key and value."""
    if isinstance(max_frame_size, int):
        max_frame_size = Typed(UINT32, max_frame_size)
    items = [('supported-versions', versions),
             ('max-frame-size', max_frame_size),
             ('capabilities', capabilities),
             ('engine-id', engine_id),
             ('healthcheck', healthcheck)]
    items = [item for item in items if item[1] is not None] + list(extra)
    return Frame(HAPROXY_HELLO, flags, stream_id, frame_id,
                 encode_items(items))


def disconnect_frame(status=0, message=None, flags=FIN):
    if message is None:
        message = STATUS_TEXTS.get(status, STATUS_TEXTS[99])
    items = [('status-code', Typed(UINT32, status)), ('message', message)]
    return Frame(HAPROXY_DISCONNECT, flags, 0, 0, encode_items(items))


def encode_messages(messages):
    """[(message, [(argument, value), ...]), ...]; '' is an unnamed one."""
    out = bytearray()
    for name, arguments in messages:
        if len(arguments) > 255:
            raise ValueError('a message has at most 255 arguments')
        out += encode_string(name) + bytes([len(arguments)])
        out += encode_items(arguments)
    return bytes(out)


def notify_frame(stream_id, frame_id, messages, flags=FIN):
    return Frame(NOTIFY, flags, stream_id, frame_id, encode_messages(messages))


def unset_frame(stream_id, frame_id, payload=b'', flags=FIN):
    return Frame(UNSET, flags, stream_id, frame_id, payload)


def fragment_frames(stream_id, frame_id, messages, size):
    """A NOTIFY cut into pieces of at most size bytes of payload."""
    payload = encode_messages(messages)
    pieces = [payload[at:at + size] for at in range(0, len(payload), size)]
    frames = []
    for number, piece in enumerate(pieces or [b'']):
        frames.append(Frame(NOTIFY if number == 0 else UNSET, 0,
                            stream_id, frame_id, piece))
    frames[-1].flags = FIN
    return frames


# ---- answers ----


class AgentHello:
    def __init__(self, version, max_frame_size, capabilities):
        self.version = version
        self.max_frame_size = max_frame_size
        self.capabilities = capabilities    # a list of words


class Ack:
    """values: {(scope, name): value}; unsets: {(scope, name)}; both as they
    stand after all actions. actions: all of them in order, as
    (scope, name, code, value), code None for unset-var."""

    def __init__(self, stream_id, frame_id, actions):
        self.stream_id = stream_id
        self.frame_id = frame_id
        self.actions = actions
        self.values = {}
        self.unsets = set()
        for scope, name, code, value in actions:
            key = (scope, name)
            if code is None:
                self.values.pop(key, None)
                self.unsets.add(key)
            else:
                self.values[key] = value
                self.unsets.discard(key)

    def __repr__(self):
        return (f'Ack({self.stream_id}, {self.frame_id}, {self.values}, '
                f'unset {self.unsets})')

    def get(self, name, scope='txn', default=None):
        return self.values.get((scope, name), default)


def check_control(frame, kind):
    """What HELLO and DISCONNECT have in common."""
    refuse_unless(frame.type == kind, 'frame of type', frame.type)
    refuse_unless(frame.flags == FIN, 'flags', hex(frame.flags))
    refuse_unless(frame.stream_id == 0 and frame.frame_id == 0,
                  'ids', frame.stream_id, frame.frame_id)


def take_item(items, key, codes):
    refuse_unless(key in items, key, 'is missing')
    code, value = items.pop(key)
    refuse_unless(code in codes, key, 'is of type', code)
    return value


INTEGERS = (INT32, UINT32, INT64, UINT64)


def decode_agent_hello(frame, offered=FRAME_SIZE):
    """HAProxy takes keys it does not know, but finds its own by prefix: no
    key but the three is taken here."""
    check_control(frame, AGENT_HELLO)
    items = Reader(frame.payload).items()
    version = take_item(items, 'version', (STRING,))
    size = take_item(items, 'max-frame-size', INTEGERS)
    words = take_item(items, 'capabilities', (STRING,))
    refuse_unless(not items, 'unexpected keys', *items)
    refuse_unless(version == '2.0', 'version', repr(version))
    refuse_unless(FRAME_SIZE_MIN <= size <= offered, 'max-frame-size', size)
    words = [word.strip() for word in words.split(',')] if words else []
    refuse_unless('' not in words, 'an empty capability')
    refuse_unless(len(set(words)) == len(words), 'a capability twice')
    refuse_unless('async' not in words, 'async is offered')
    return AgentHello(version, size, words)


def decode_agent_disconnect(frame):
    """Gives status and message."""
    check_control(frame, AGENT_DISCONNECT)
    items = Reader(frame.payload).items()
    status = take_item(items, 'status-code', INTEGERS)
    message = take_item(items, 'message', (STRING,))
    refuse_unless(not items, 'unexpected keys', *items)
    refuse_unless(0 <= status < 1 << 32, 'status-code', status)
    refuse_unless(len(to_bytes(message)) <= MESSAGE_MAX, 'long message')
    return status, message


def read_variable(reader, prefix):
    scope = reader.byte()
    refuse_unless(scope < len(SCOPES), 'scope', scope)
    name = reader.string()
    refuse_unless(name, 'a variable without a name')
    refuse_unless(NAME_BYTES.issuperset(name), 'variable', name)
    name = name.decode('ascii')
    full = f'{SCOPES[scope]}.{prefix}.{name}'
    refuse_unless(len(full) <= NAME_MAX, len(full), 'bytes of name', full)
    return SCOPES[scope], name


def read_action(reader, prefix):
    kind, count = reader.byte(), reader.byte()
    refuse_unless(kind in (1, 2), 'action', kind)
    refuse_unless(count == (3 if kind == 1 else 2),
                  'action', kind, 'with', count, 'arguments')
    variable = read_variable(reader, prefix)
    if kind == 2:
        return variable + (None, None)
    return variable + reader.value()


def decode_ack(frame, prefix='truesrc'):
    """prefix: HAProxy's var-prefix, it counts for the length of names."""
    refuse_unless(frame.type == ACK, 'frame of type', frame.type)
    refuse_unless(frame.flags == FIN, 'flags', hex(frame.flags))
    refuse_unless(frame.payload, 'an ACK without actions')
    reader = Reader(frame.payload)
    actions = []
    while not reader.done():
        actions.append(read_action(reader, prefix))
    return Ack(frame.stream_id, frame.frame_id, actions)


# ---- a connection ----


def open_socket(address, timeout):
    """(host, port), "host:port", "[v6]:port", "unix:/path" or "/path"."""
    if isinstance(address, str) and address.startswith(('unix:', '/')):
        path = address.removeprefix('unix:')
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(timeout)
        try:
            sock.connect(path)
        except OSError:
            sock.close()
            raise
        return sock
    if isinstance(address, str):
        host, _, port = address.rpartition(':')
        address = (host.strip('[]'), int(port))
    sock = socket.create_connection(address, timeout)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


class Peer:
    """One connection of HAProxy to the agent."""

    def __init__(self, address=None, timeout=5.0, prefix='truesrc'):
        self.timeout = timeout
        self.prefix = prefix
        self.sock = None
        self.buffer = b''
        self.frame_size = FRAME_SIZE    # most we take: the offer, then agreed
        self.agent = None               # the AgentHello
        if address is not None:
            self.connect(address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def connect(self, address):
        self.close()
        self.buffer = b''
        self.agent = None
        self.sock = open_socket(address, self.timeout)
        return self

    def close(self):
        if self.sock is not None:
            self.sock.close()
            self.sock = None

    # -- sending --

    def send(self, data):
        """Bytes as they are."""
        self.sock.settimeout(self.timeout)
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed(str(error)) from error

    def send_frame(self, *frames):
        """All in one write."""
        self.send(b''.join(frame.encode() for frame in frames))

    def send_slowly(self, data, size=1, pause=0.0):
        for at in range(0, len(data), size):
            self.send(data[at:at + size])
            time.sleep(pause)

    def hello(self, max_frame_size=FRAME_SIZE, capabilities='pipelining',
              healthcheck=None, engine_id=ENGINE_ID, **more):
        """Greets, gives the AgentHello. Disconnected if the agent refuses."""
        if healthcheck:
            engine_id = None    # as HAProxy's checks
        self.send_frame(hello_frame(max_frame_size, capabilities, healthcheck,
                                    engine_id, **more))
        self.frame_size = max_frame_size
        frame = self.expect(AGENT_HELLO)
        self.agent = decode_agent_hello(frame, max_frame_size)
        self.frame_size = self.agent.max_frame_size
        return self.agent

    def notify(self, stream_id, frame_id, messages, flags=FIN):
        self.send_frame(notify_frame(stream_id, frame_id, messages, flags))

    def notify_fragments(self, stream_id, frame_id, messages, size):
        self.send_frame(*fragment_frames(stream_id, frame_id, messages, size))

    def disconnect(self, status=0, message=None):
        self.send_frame(disconnect_frame(status, message))

    # -- receiving --

    def receive(self, deadline):
        self.sock.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, BrokenPipeError) as error:
            raise Closed(str(error)) from error
        if not data:
            refuse_unless(not self.buffer, 'closed within a frame')
            raise Closed('end of file')
        self.buffer += data

    def recv_frame(self, timeout=None):
        """The next frame. TimeoutError, Closed, or Refused."""
        if timeout is None:
            timeout = self.timeout
        deadline = time.monotonic() + timeout
        while len(self.buffer) < 4:
            self.receive(deadline)
        length = int.from_bytes(self.buffer[:4], 'big')
        refuse_unless(FRAME_MIN <= length <= self.frame_size,
                      'frame of', length, 'bytes')
        while len(self.buffer) < 4 + length:
            self.receive(deadline)
        body = self.buffer[4:4 + length]
        self.buffer = self.buffer[4 + length:]
        return Frame.decode_body(body)

    def expect(self, kind, timeout=None):
        """The next frame, of this type."""
        frame = self.recv_frame(timeout)
        if frame.type == AGENT_DISCONNECT and kind != AGENT_DISCONNECT:
            raise Disconnected(*decode_agent_disconnect(frame))
        refuse_unless(frame.type == kind, 'frame of type', frame.type)
        return frame

    def recv_ack(self, timeout=None):
        return decode_ack(self.expect(ACK, timeout), self.prefix)

    def recv_acks(self, count, timeout=None):
        """{(stream_id, frame_id): Ack}; the same ids twice are refused."""
        acks = {}
        for _ in range(count):
            ack = self.recv_ack(timeout)
            ids = (ack.stream_id, ack.frame_id)
            refuse_unless(ids not in acks, 'two answers for', ids)
            acks[ids] = ack
        return acks

    def recv_disconnect(self, timeout=None):
        """Gives status and message."""
        return decode_agent_disconnect(self.expect(AGENT_DISCONNECT, timeout))

    def ask(self, stream_id, frame_id, messages, timeout=None):
        """A NOTIFY and its ACK."""
        self.notify(stream_id, frame_id, messages)
        ack = self.recv_ack(timeout)
        refuse_unless((ack.stream_id, ack.frame_id) == (stream_id, frame_id),
                      'answer for', ack.stream_id, ack.frame_id)
        return ack

    def expect_silence(self, seconds):
        """Nothing comes, and the connection stays."""
        try:
            frame = self.recv_frame(seconds)
        except TimeoutError:
            refuse_unless(not self.buffer, 'part of a frame')
            return
        raise Refused(f'unexpected {frame!r}')

    def expect_closed(self, timeout=None):
        """Nothing comes any more but the end of the connection."""
        try:
            frame = self.recv_frame(timeout)
        except Closed:
            return
        raise Refused(f'unexpected {frame!r}')
