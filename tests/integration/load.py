# SPDX-License-Identifier: Apache-2.0
"""Good peers that keep asking while a test does something else."""

import ipaddress
import threading
import time

from harness import SLOW
import spop

CLIENT = ipaddress.IPv4Address('198.51.100.7')


def message(*arguments):
    return [('req', [('peer', CLIENT), *arguments])]


class Load:
    """Peers, a thread each, with several NOTIFYs in flight. Every answer is
    decoded and kept to check(ack), which may raise."""

    def __init__(self, address, peers=2, depth=10, check=None, pause=0.0,
                 messages=None):
        self.address = address
        self.depth = depth
        self.check = check or (lambda ack: None)
        self.pause = pause
        self.messages = messages or message()
        self.answers = 0
        self.failures = []
        self.longest = 0.0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True)
                        for _ in range(peers)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)

    def batch(self, peer, first):
        began = time.monotonic()
        peer.send_frame(*[spop.notify_frame(first + i, 1, self.messages)
                          for i in range(self.depth)])
        acks = peer.recv_acks(self.depth)
        self.longest = max(self.longest, time.monotonic() - began)
        for i in range(self.depth):
            self.check(acks[(first + i, 1)])
        self.answers += self.depth

    def run(self):
        try:
            with spop.Peer(self.address, timeout=20.0 * SLOW) as peer:
                peer.hello()
                first = 0
                while not self.stopping.is_set():
                    self.batch(peer, first)
                    first = (first + self.depth) % 100000
                    time.sleep(self.pause)
        except Exception as error:  # told to the test
            self.failures.append(f'{type(error).__name__}: {error}')

    def verdict(self):
        """Why it did not go well, or ''."""
        if self.failures:
            return '\n'.join(self.failures[:5])
        if self.answers == 0:
            return 'no answers'
        return ''
