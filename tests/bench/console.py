# SPDX-License-Identifier: Apache-2.0
"""A connection to the control socket that takes many words at a time."""

import selectors
import socket


class Console:
    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(60)
        self.connection.connect(str(path))
        self.rest = b''

    def close(self):
        self.connection.close()

    def ask(self, line):
        """One word and its answer, without the empty line at its end."""
        self.connection.sendall(line.encode() + b'\n')
        return self.answer()

    def answer(self):
        while True:
            if self.rest.startswith(b'\n'):
                self.rest = self.rest[1:]
                return ''
            text, found, rest = self.rest.partition(b'\n\n')
            if found:
                self.rest = rest
                return text.decode()
            self.receive()

    def receive(self):
        part = self.connection.recv(1 << 16)
        if not part:
            raise ConnectionError('the agent closed the control socket')
        self.rest += part


class Crowd:
    """Several connections that change the same list as fast as it goes."""

    def __init__(self, path, count=8):
        self.consoles = [Console(path) for _ in range(count)]
        for console in self.consoles:
            console.connection.setblocking(False)

    def ask_all(self, lines):
        """Each connection has its share of the lines, and sends on while the
        agent reads. Gives the first answer that is an error, or None."""
        share = (len(lines) + len(self.consoles) - 1) // len(self.consoles)
        with selectors.DefaultSelector() as selector:
            for i, console in enumerate(self.consoles):
                part = lines[i * share:(i + 1) * share]
                if part:
                    talk = Talk(console.connection, part)
                    selector.register(console.connection, BOTH, talk)
            return run_talks(selector)

    def close(self):
        for console in self.consoles:
            console.close()


BOTH = selectors.EVENT_READ | selectors.EVENT_WRITE


def run_talks(selector):
    fault = None
    while selector.get_map():
        for key, events in selector.select(60):
            talk = key.data
            if events & selectors.EVENT_WRITE and not talk.send():
                selector.modify(key.fileobj, selectors.EVENT_READ, talk)
            if events & selectors.EVENT_READ:
                talk.receive()
                fault = fault or talk.fault
            if talk.expected == 0:
                selector.unregister(key.fileobj)
    return fault


class Talk:
    """Lines on their way, and how many answers are to come."""

    def __init__(self, connection, lines):
        self.connection = connection
        self.left = memoryview('\n'.join(lines).encode() + b'\n')
        self.expected = len(lines)
        self.last = b''
        self.fault = None

    def send(self):
        """False: all is sent."""
        try:
            self.left = self.left[self.connection.send(self.left[:65536]):]
        except BlockingIOError:
            pass
        return len(self.left) > 0

    def receive(self):
        part = self.connection.recv(1 << 16)
        if not part:
            raise ConnectionError('the agent closed the control socket')
        # Each answer is one line, and an empty one that ends it.
        text = self.last + part
        self.expected -= text.count(b'\n\n')
        self.last = text[-1:] if not text.endswith(b'\n\n') else b''
        if b'error' in part or b'Unknown' in part:
            self.fault = part.decode(errors='replace')
