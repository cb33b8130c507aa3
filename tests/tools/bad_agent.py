# SPDX-License-Identifier: Apache-2.0
"""Agents that misbehave, each in one way, so that one can see what HAProxy
makes of it. The good one always says the same: client 192.0.2.42, allowed.

A behaviour is a function of a Talk; health checks have a good answer all the
same, so that HAProxy goes on asking.
"""

import ipaddress
import socket
import struct
import threading
import time

import spop

CLIENT = '192.0.2.42'


def hello_frame(size=16380):
    return spop.Frame(spop.AGENT_HELLO, payload=spop.encode_items([
        ('version', '2.0'),
        ('max-frame-size', spop.Typed(spop.UINT32, size)),
        ('capabilities', 'pipelining')]))


def set_variable(name, value):
    return (b'\1\3\2' + spop.encode_string(name) + spop.encode_value(value))


ACTIONS = (set_variable('ok', True) + set_variable('allowed', True) +
           set_variable('client_ip', ipaddress.ip_address(CLIENT)) +
           set_variable('proven', True))


def bye(status):
    return spop.Frame(spop.AGENT_DISCONNECT, payload=spop.encode_items([
        ('status-code', spop.Typed(spop.UINT32, status)),
        ('message', spop.STATUS_TEXTS[status])]))


class Talk:
    """One connection of HAProxy, past its check if it was one."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b''

    def read(self):
        """The next frame; ConnectionError at the end."""
        while (len(self.buffer) < 4 or len(self.buffer) < 4 +
               int.from_bytes(self.buffer[:4], 'big')):
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError('closed')
            self.buffer += data
        length = 4 + int.from_bytes(self.buffer[:4], 'big')
        data, self.buffer = self.buffer[:length], self.buffer[length:]
        return spop.Frame.decode(data)

    def send(self, *frames):
        self.sock.sendall(b''.join(
            frame if isinstance(frame, bytes) else frame.encode()
            for frame in frames))

    def greet(self, size=16380):
        self.send(hello_frame(size))

    def notified(self):
        """The next NOTIFY."""
        while True:
            frame = self.read()
            if frame.type == spop.NOTIFY:
                return frame

    def answer(self, notify, actions=ACTIONS, flags=spop.FIN, stream=0,
               frame=0):
        return spop.Frame(spop.ACK, flags, notify.stream_id + stream,
                          notify.frame_id + frame, actions).encode()

    def each(self, reply):
        """Greets, and sends what reply(notify) gives to each NOTIFY."""
        self.greet()
        while True:
            self.send(reply(self.notified()))

    def wait(self):
        """Until HAProxy closes."""
        while self.sock.recv(65536):
            pass


# ---- behaviours ----


def good(talk):
    talk.each(talk.answer)


def silent(talk):
    talk.wait()


def closes_at_hello(talk):
    talk.sock.close()


def late(seconds):
    def run(talk):
        def reply(notify):
            time.sleep(seconds)
            return talk.answer(notify)
        talk.each(reply)
    return run


def closes_on_notify(talk):
    talk.greet()
    talk.notified()
    talk.sock.close()


def disconnects_on_notify(talk):
    talk.greet()
    talk.notified()
    talk.send(bye(0))
    talk.wait()


def wrong_stream(talk):
    talk.each(lambda notify: talk.answer(notify, stream=1000))


def wrong_frame(talk):
    talk.each(lambda notify: talk.answer(notify, frame=1))


def says(data):
    """These bytes instead of an answer."""
    def run(talk):
        talk.each(lambda notify: data)
    return run


def without_fin(talk):
    talk.each(lambda notify: talk.answer(notify, flags=0))


def size(number):
    def run(talk):
        talk.greet(number)
        while True:
            talk.send(talk.answer(talk.notified()))
    return run


def actions(data):
    def run(talk):
        talk.each(lambda notify: talk.answer(notify, data))
    return run


def closes_behind_ack(talk):
    talk.greet()
    talk.send(talk.answer(talk.notified()))
    talk.sock.close()


def dribbles(talk):
    for byte in hello_frame().encode():
        talk.send(bytes([byte]))
        time.sleep(0.002)
    while True:
        for byte in talk.answer(talk.notified()):
            talk.send(bytes([byte]))
            time.sleep(0.002)


# What then becomes of a request: it has its answer, it has none, or whichever
# comes first; or it has half of one, which allows nothing.
YES, NO, EITHER, HALF = 'yes', 'no', 'either', 'half'

# name, behaviour, what becomes of requests
BEHAVIOURS = [
    ('good', good, YES),
    ('silent at HELLO', silent, NO),
    ('closes at HELLO', closes_at_hello, NO),
    ('answers in time', late(0.01), YES),
    ('answers late', late(1.0), NO),
    ('closes on NOTIFY', closes_on_notify, NO),
    ('DISCONNECT on NOTIFY', disconnects_on_notify, NO),
    ('ACK with another stream-id', wrong_stream, NO),
    ('ACK with another frame-id', wrong_frame, NO),
    ('frame of 2^31 - 1 bytes', says(struct.pack('>I', 0x7fffffff)), NO),
    ('not SPOP', says(b'HTTP/1.1 400 Bad Request\r\n\r\n'), NO),
    ('frame of 0 bytes', says(b'\0\0\0\0'), NO),
    ('ACK without FIN', without_fin, NO),
    ('max-frame-size 100000', size(100000), NO),
    ('max-frame-size 256', size(256), YES),
    ('empty ACK', actions(b''), NO),
    ('unknown action', actions(b'\7\3\2\2ok\x11' + ACTIONS), NO),
    ('truncated action', actions(ACTIONS[:5]), NO),
    ('truncated second action', actions(ACTIONS[:12]), HALF),
    ('closes behind each ACK', closes_behind_ack, YES),
    ('a byte each 2 ms', dribbles, EITHER),
]


class BadAgent:
    """Listens, and behaves so with whoever connects."""

    def __init__(self, behaviour, path=None):
        self.behaviour = behaviour
        self.asked = 0
        if path is None:
            self.socket = socket.create_server(('127.0.0.1', 0), backlog=512)
            self.address = '127.0.0.1:%d' % self.socket.getsockname()[1]
        else:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.bind(str(path))
            self.socket.listen(512)
            self.address = f'unix@{path}'
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def accept(self):
        while True:
            try:
                sock, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(sock,),
                             daemon=True).start()

    def serve(self, sock):
        talk = Talk(sock)
        with sock:
            try:
                hello = talk.read()
                if b'healthcheck' in hello.payload:
                    talk.greet()
                    talk.wait()
                    return
                self.asked += 1
                self.behaviour(talk)
            except (OSError, spop.Refused, AssertionError):
                pass
