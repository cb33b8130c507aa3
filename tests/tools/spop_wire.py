# SPDX-License-Identifier: Apache-2.0
"""SPOP's numbers, strings and typed values; the lower half of spop.py."""

import ipaddress

NULL, BOOL, INT32, UINT32, INT64, UINT64 = 0, 1, 2, 3, 4, 5
IPV4, IPV6, STRING, BINARY = 6, 7, 8, 9


class Refused(Exception):
    """The agent sent what HAProxy does not take."""


def refuse_unless(condition, *words):
    if not condition:
        raise Refused(' '.join(str(word) for word in words))


class Typed:
    """A value with a type code, or the flags of its type byte, of choice."""

    def __init__(self, code, value=None, flags=0):
        self.code = code
        self.value = value
        self.flags = flags

    def encode(self):
        head = bytes([(self.flags << 4) | self.code])
        if self.code in (NULL, BOOL):
            return head
        if self.code in (INT32, UINT32, INT64, UINT64):
            return head + encode_varint(self.value)
        if self.code in (IPV4, IPV6):
            return head + getattr(self.value, 'packed', self.value)
        return head + encode_string(self.value)


class Raw:
    """Bytes in the place of a typed value, whatever they are."""

    def __init__(self, data):
        self.data = bytes(data)

    def encode(self):
        return self.data


def encode_varint(number):
    """Negative numbers are sent as 64-bit two's complement."""
    if not -1 << 63 <= number < 1 << 64:
        raise ValueError(f'{number} has more than 64 bits')
    number &= (1 << 64) - 1
    if number < 240:
        return bytes([number])
    out = bytearray([number & 15 | 240])
    number = (number - 240) >> 4
    while number >= 128:
        out.append(number & 127 | 128)
        number = (number - 128) >> 7
    out.append(number)
    return bytes(out)


def to_bytes(text):
    if isinstance(text, str):
        return text.encode('utf-8', 'surrogateescape')
    return bytes(text)


def encode_string(text):
    data = to_bytes(text)
    return encode_varint(len(data)) + data


def encode_value(value):
    if isinstance(value, (Typed, Raw)):
        return value.encode()
    if value is None:
        return Typed(NULL).encode()
    if isinstance(value, bool):
        return Typed(BOOL, flags=int(value)).encode()
    if isinstance(value, int):
        return Typed(INT64, value).encode()
    if isinstance(value, str):
        return Typed(STRING, value).encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Typed(BINARY, value).encode()
    if isinstance(value, ipaddress.IPv4Address):
        return Typed(IPV4, value).encode()
    if isinstance(value, ipaddress.IPv6Address):
        return Typed(IPV6, value).encode()
    raise TypeError(f'no SPOP type for {value!r}')


def encode_items(items):
    return b''.join(encode_string(name) + encode_value(value)
                    for name, value in items)


def encode_headers(headers):
    """What req.hdrs_bin gives: pairs of name and value, and the end mark."""
    out = bytearray()
    for name, value in headers:
        out += encode_string(name) + encode_string(value)
    return bytes(out) + b'\0\0'


class Reader:
    """Every shortfall and every doubtful byte is Refused."""

    def __init__(self, data):
        self.data = bytes(data)
        self.at = 0

    def done(self):
        return self.at == len(self.data)

    def take(self, count):
        left = len(self.data) - self.at
        refuse_unless(count <= left, count, 'bytes wanted,', left, 'left')
        self.at += count
        return self.data[self.at - count:self.at]

    def byte(self):
        return self.take(1)[0]

    def u32(self):
        return int.from_bytes(self.take(4), 'big')

    def varint(self):
        number = self.byte()
        if number < 240:
            return number
        for shift in range(4, 4 + 9 * 7, 7):
            byte = self.byte()
            number += byte << shift
            if byte < 128:
                refuse_unless(number < 1 << 64, 'varint above 64 bits')
                return number
        raise Refused('varint of more than ten bytes')

    def string(self):
        return self.take(self.varint())

    def value(self):
        """Gives the type code and the value."""
        head = self.byte()
        code, flags = head & 15, head >> 4
        refuse_unless(code <= BINARY, 'reserved type', code)
        if code == BOOL:
            refuse_unless(flags <= 1, 'boolean with flags', flags)
            return code, flags == 1
        refuse_unless(flags == 0, 'type byte', hex(head), 'with flags')
        if code == NULL:
            return code, None
        if code in (IPV4, IPV6):
            packed = self.take(4 if code == IPV4 else 16)
            return code, ipaddress.ip_address(packed)
        if code == STRING:
            return code, self.string().decode('utf-8', 'surrogateescape')
        if code == BINARY:
            return code, self.string()
        return code, self.integer(code)

    def integer(self, code):
        number = self.varint()
        if code == UINT32:
            refuse_unless(number < 1 << 32, 'UINT32', number)
        if code in (INT32, INT64) and number >= 1 << 63:
            number -= 1 << 64
        if code == INT32:
            refuse_unless(-1 << 31 <= number < 1 << 31, 'INT32', number)
        return number

    def items(self):
        """A KV-LIST up to the end, as a dict of name to (code, value)."""
        items = {}
        while not self.done():
            name = self.string().decode('latin-1')
            refuse_unless(name not in items, 'key', name, 'twice')
            items[name] = self.value()
        return items
