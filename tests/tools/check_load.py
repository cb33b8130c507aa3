#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The load generator sees what it is there to see: between it and the agent
stands somebody who spoils one answer, each time in another way."""

import pathlib
import selectors
import socket
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / 'tests' / 'integration'))

from harness import Agent, BUILD, SLOW, attempt, done  # noqa: E402
import spop_wire as wire  # noqa: E402

LOAD = BUILD / 'tests' / 'load'
ACK = 103
SPOILED = 300  # which answer
PREFIXES = 1000


# ---- frames ----


def split(data):
    """Whole frames, their length included, and what is left."""
    frames = []
    while len(data) >= 4:
        end = 4 + int.from_bytes(data[:4], 'big')
        if len(data) < end:
            break
        frames.append(bytes(data[:end]))
        data = data[end:]
    return frames, data


def parts(frame):
    """stream-id, frame-id, payload"""
    reader = wire.Reader(frame[9:])
    stream, number = reader.varint(), reader.varint()
    return stream, number, reader.take(len(reader.data) - reader.at)


def ack(stream, number, payload):
    body = (bytes([ACK]) + (1).to_bytes(4, 'big') + wire.encode_varint(stream)
            + wire.encode_varint(number) + payload)
    return len(body).to_bytes(4, 'big') + body


def set_variable(name, value):
    return (b'\1\3\2' + wire.encode_string(name) + wire.encode_value(value))


def replace(before, after):
    """Of the first answer that has it."""
    def spoil(frame):
        stream, number, payload = parts(frame)
        if before not in payload:
            return None
        return [ack(stream, number, payload.replace(before, after, 1))]
    return spoil


def flip_address(frame):
    stream, number, payload = parts(frame)
    name = wire.encode_string('client_ip') + b'\6'
    at = payload.find(name)
    if at < 0:
        return None
    payload = bytearray(payload)
    payload[at + len(name) + 3] ^= 1
    return [ack(stream, number, bytes(payload))]


def add(extra):
    def spoil(frame):
        stream, number, payload = parts(frame)
        return [ack(stream, number, payload + extra)]
    return spoil


def cut(frame):
    stream, number, payload = parts(frame)
    return [ack(stream, number, payload[:-1])]


def renumber(streams, numbers):
    def spoil(frame):
        stream, number, payload = parts(frame)
        return [ack(stream + streams, number + numbers, payload)]
    return spoil


def set_generation(value):
    def spoil(frame):
        stream, number, payload = parts(frame)
        name = wire.encode_string('generation') + b'\4'
        at = payload.find(name)
        if at < 0:
            return None
        at += len(name)
        return [ack(stream, number, payload[:at] + wire.encode_varint(value) +
                    payload[at + 1:])]
    return spoil


# ---- the one in between ----


class Spoiler:
    """Passes everything on, but spoils one answer. spoil(frame) gives what is
    sent instead, or None to wait for another one."""

    def __init__(self, target, spoil):
        self.target = target
        self.spoil = spoil
        self.seen = 0
        self.left = {}
        self.others = {}
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join(10)
        for one in [self.listener, *self.others]:
            one.close()
        self.selector.close()

    def run(self):
        while not self.ending.is_set():
            for key, _ in self.selector.select(0.1):
                if key.fileobj is self.listener:
                    self.accept()
                elif key.fileobj in self.others:
                    self.pass_on(key.fileobj)

    def accept(self):
        near, _ = self.listener.accept()
        far = socket.create_connection(self.target)
        for one, other in ((near, far), (far, near)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.others[one] = other
            self.selector.register(one, selectors.EVENT_READ)
        self.left[far] = b''

    def close(self, one):
        for end in (one, self.others[one]):
            self.selector.unregister(end)
            self.others.pop(end)
            self.left.pop(end, None)
            end.close()

    def pass_on(self, one):
        try:
            data = one.recv(65536)
            if one in self.left:
                frames, self.left[one] = split(self.left[one] + data)
                out = b''.join(self.judge(frame) for frame in frames)
            else:
                out = data
            self.others[one].sendall(out)
        except OSError:
            data = b''
        if not data:
            self.close(one)

    def judge(self, frame):
        if frame[4] != ACK:
            return frame
        self.seen += 1
        if self.seen < SPOILED or self.spoil is None:
            return frame
        frames = self.spoil(frame)
        if frames is None:
            return frame
        self.spoil = None
        return b''.join(frames)


# ---- the tests ----


def play(agent, spoil, *options):
    """The exit code and the figures of a run with that spoiler."""
    with Spoiler(('127.0.0.1', agent.port), spoil) as spoiler:
        result = subprocess.run(
            [LOAD, '-c', '4', '-d', '4', '-n', '5000', '-t', str(20 * SLOW),
             '-T', str(1 * SLOW), '-q', '20000', '-p', str(PREFIXES),
             '-P', str(agent.pid), *options, f'127.0.0.1:{spoiler.port}'],
            capture_output=True, text=True, timeout=120 * SLOW)
    figures = {}
    for line in result.stdout.splitlines():
        if line.startswith('# wrong'):
            words = line.split()[1:]
            figures = {name: int(value)
                       for name, value in zip(words[::2], words[1::2])
                       if value != '0'}
    return result.returncode, figures, result


# What is done, with which options, and what may be counted: the first of them
# has to be.
ROWS = [
    ('nothing', None, [], []),
    ('nothing, connections come and go', None, ['-k', '50'], []),
    ('nothing, reloads, open loop', None, ['-u', '0.2', '-r', '4000'], []),
    ('an answer is kept back', lambda frame: [], [], ['lost', 'broken']),
    ('an answer comes twice', lambda frame: [frame, frame], [], ['doubled']),
    ('an address has another bit', flip_address, [], ['wrong']),
    ('a denial becomes a pass',
     replace(wire.encode_string('verdict') + b'\x08\4deny',
             wire.encode_string('verdict') + b'\x08\5allow'), [], ['wrong']),
    ('proven is not true',
     replace(wire.encode_string('proven') + b'\x11',
             wire.encode_string('proven') + b'\x01'), [], ['wrong']),
    ('ok is not true',
     replace(wire.encode_string('ok') + b'\x11',
             wire.encode_string('ok') + b'\x01'), [], ['wrong']),
    ('a flag is missing',
     replace(b'several-lines', b'several-linez'), [], ['wrong']),
    ('another scope', replace(b'\1\3\2', b'\1\3\3'), [], ['wrong']),
    ('a variable too many', add(set_variable('error', 'overload')), [],
     ['wrong']),
    ('a variable twice', add(set_variable('ok', True)), [], ['malformed']),
    ('an unknown variable', add(set_variable('okay', True)), [],
     ['malformed']),
    ('a byte too many', add(b'\0'), [], ['malformed']),
    ('a byte too few', cut, [], ['malformed']),
    ('another stream, 2.6', renumber(1, 0), ['-e', '2.6'],
     ['misaddressed', 'lost', 'broken']),
    ('another stream, 3.4', renumber(1, 0), ['-e', '3.4'],
     ['misaddressed', 'lost', 'broken']),
    ('a stream to come, 3.4', renumber(2000, 0), ['-e', '3.4'],
     ['misaddressed', 'lost', 'broken']),
    ('another frame', renumber(0, 1), [], ['misaddressed', 'lost', 'broken']),
    ('a frame without an end', lambda frame: [b'\xff' + frame[1:]], [],
     ['malformed', 'lost', 'broken']),
    ('a frame of another type', lambda frame: [frame[:4] + b'\7' + frame[5:]],
     [], ['malformed', 'lost', 'broken']),
    ('generation 0', set_generation(0), [], ['dead']),
    ('a generation to come', set_generation(200), ['-u', '0.2'], ['dead']),
]


def check(agent, spoil, options, counted):
    code, figures, result = play(agent, spoil, *options)
    why = f'{code} {figures}\n{result.stdout}{result.stderr}'
    assert set(figures) <= set(counted), why
    assert not counted or figures.get(counted[0], 0) > 0, why
    assert code == (1 if counted else 0), why


def half_changed(agent):
    """A list that is neither this nor that: half of what changes is there."""
    path = agent.directory / 'drop.txt'
    lines = [line for line in path.read_text().splitlines()
             if not line.startswith('192.0.2.1')]
    path.write_text('\n'.join(lines) + '\n')
    agent.reload()
    check(agent, None, ['-n', '20000'], ['wrong'])


def main():
    agent = Agent('threads: 2\n')
    try:
        subprocess.run([LOAD, '-w', agent.directory, '-p', str(PREFIXES)],
                       check=True)
        agent.args = ['-f', str(agent.directory / 'world.yaml')]
        agent.start()
        for name, spoil, options, counted in ROWS:
            attempt(name, check, agent, spoil, options, counted)
        attempt('half a change', half_changed, agent)
    finally:
        agent.remove()


main()
done()
