# SPDX-License-Identifier: Apache-2.0
"""The page of memory that a test shares with a program, and faults to put
there. faults.h tells what is in it."""

import errno
import mmap
import pathlib
import re
import struct

HERE = pathlib.Path(__file__).resolve().parent


def read_calls():
    """{name: [errors]} in the order of the table."""
    text = (HERE / 'calls.def').read_text()
    return {name: [getattr(errno, word) for word in words.split()]
            for name, words in re.findall(r'^CALL\((\w+), (.*)\)$', text,
                                          re.MULTILINE)}


CALLS = read_calls()
NUMBERS = {name: number for number, name in enumerate(CALLS)}

# What runs out together, and what it says then.
GROUPS = {
    'memory': (['malloc', 'calloc', 'realloc', 'aligned_alloc', 'strdup',
                'mmap'], errno.ENOMEM),
    'descriptors': (['open', '__open_2', 'scandir', 'socket', 'accept4',
                     'signalfd', 'epoll_create1', 'eventfd', 'pipe'],
                    errno.EMFILE),
}

FOR_EVER = (1 << 64) - 1
COUNTS_MAX = 64
WORDS = ('armed', 'first', 'last', 'error', 'cut', 'step', 'leap', 'foreign',
         'seen', 'strikes')
COUNTS_AT = 8 * len(WORDS)
PORTS_AT = COUNTS_AT + 8 * COUNTS_MAX
SIZE = PORTS_AT + 65536 // 8


class Fault:
    """From the first of these calls to the last all fail with the error. cut:
    calls that take one byte at a time."""

    def __init__(self, calls=(), first=1, last=FOR_EVER, error=0, cut=(),
                 name=None):
        self.calls = list(calls)
        self.first = first
        self.last = last
        self.error = error
        self.cut = list(cut)
        self.name = name

    def crumbled(self):
        return Fault(self.calls, self.first, self.last, self.error,
                     ['recv', 'send'], self.name)

    @property
    def once(self):
        return self.first == self.last

    @property
    def error_name(self):
        return errno.errorcode.get(self.error, 'nothing')

    def __str__(self):
        what = self.name or ' '.join(self.calls)
        if not self.calls:
            return f'{" ".join(self.cut)} of one byte'
        text = f'{what} {self.first}'
        if not self.once:
            text += ' and on'
        return f'{text} {self.error_name}'


class Page:
    def __init__(self, path, foreign=False):
        self.path = str(path)
        with open(self.path, 'w+b') as file:
            file.truncate(SIZE)
            self.map = mmap.mmap(file.fileno(), SIZE)
        self.set('foreign', int(foreign))

    def set(self, word, value):
        struct.pack_into('=q' if value < 0 else '=Q', self.map,
                         8 * WORDS.index(word), value)

    def get(self, word):
        return struct.unpack_from('=Q', self.map, 8 * WORDS.index(word))[0]

    def counts(self):
        """{call: how often so far}; all of them, but what --wrap or the
        library cannot see."""
        values = struct.unpack_from(f'={len(CALLS)}Q', self.map, COUNTS_AT)
        return dict(zip(CALLS, values))

    def arm(self, fault):
        self.disarm()
        self.set('seen', 0)
        self.set('strikes', 0)
        self.map[PORTS_AT:SIZE] = bytes(SIZE - PORTS_AT)
        for word in ('first', 'last', 'error'):
            self.set(word, getattr(fault, word))
        self.set('cut', sum(1 << NUMBERS[call] for call in fault.cut))
        self.set('armed', sum(1 << NUMBERS[call] for call in fault.calls))

    def disarm(self):
        self.set('armed', 0)
        self.set('cut', 0)

    @property
    def strikes(self):
        return self.get('strikes')

    def ports(self):
        """The peers' ports of the sockets whose calls failed."""
        bits = self.map[PORTS_AT:SIZE]
        return {at * 8 + bit for at, byte in enumerate(bits) if byte
                for bit in range(8) if byte >> bit & 1}

    def close(self):
        self.map.close()
