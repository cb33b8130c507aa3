# SPDX-License-Identifier: Apache-2.0
"""An HTTP/2 client in cleartext, by prior knowledge (RFC 9113): as little of
it as sends any header there is and reads what HAProxy answers.

Headers go out as literals without Huffman coding (RFC 7541, 6.2.2), so that
any bytes can be sent. HAProxy answers in the same manner, or by the static
table; the dynamic one is declared to be empty.
"""

import struct

PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = (
    0, 1, 3, 4, 6, 7, 8)
CONTINUATION = 9
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY = 1, 1, 4, 8, 0x20

FRAME_MAX = 16384
WINDOW = 1 << 30

STATIC = (
    (':authority', ''), (':method', 'GET'), (':method', 'POST'),
    (':path', '/'), (':path', '/index.html'), (':scheme', 'http'),
    (':scheme', 'https'), (':status', '200'), (':status', '204'),
    (':status', '206'), (':status', '304'), (':status', '400'),
    (':status', '404'), (':status', '500'), ('accept-charset', ''),
    ('accept-encoding', 'gzip, deflate'), ('accept-language', ''),
    ('accept-ranges', ''), ('accept', ''), ('access-control-allow-origin', ''),
    ('age', ''), ('allow', ''), ('authorization', ''), ('cache-control', ''),
    ('content-disposition', ''), ('content-encoding', ''),
    ('content-language', ''), ('content-length', ''), ('content-location', ''),
    ('content-range', ''), ('content-type', ''), ('cookie', ''), ('date', ''),
    ('etag', ''), ('expect', ''), ('expires', ''), ('from', ''), ('host', ''),
    ('if-match', ''), ('if-modified-since', ''), ('if-none-match', ''),
    ('if-range', ''), ('if-unmodified-since', ''), ('last-modified', ''),
    ('link', ''), ('location', ''), ('max-forwards', ''),
    ('proxy-authenticate', ''), ('proxy-authorization', ''), ('range', ''),
    ('referer', ''), ('refresh', ''), ('retry-after', ''), ('server', ''),
    ('set-cookie', ''), ('strict-transport-security', ''),
    ('transfer-encoding', ''), ('user-agent', ''), ('vary', ''), ('via', ''),
    ('www-authenticate', ''))


class Reset(ConnectionError):
    """The stream was reset, or the connection given up: the error's code."""

    def __init__(self, what, code):
        super().__init__(f'{what} {code}')
        self.code = code


# ---- HPACK ----


def encode_integer(number, bits, first=0):
    limit = (1 << bits) - 1
    if number < limit:
        return bytes([first | number])
    out = bytearray([first | limit])
    number -= limit
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def encode_text(text):
    data = text.encode('latin-1') if isinstance(text, str) else text
    return encode_integer(len(data), 7) + data


def encode_headers(headers):
    return b''.join(b'\0' + encode_text(name) + encode_text(value)
                    for name, value in headers)


class Block:
    """A header block, read to its end."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def integer(self, bits):
        limit = (1 << bits) - 1
        number = self.byte() & limit
        if number < limit:
            return number
        for shift in range(0, 35, 7):
            byte = self.byte()
            number += (byte & 127) << shift
            if byte < 128:
                return number
        raise ValueError('a number without end')

    def text(self):
        if self.data[self.at] & 128:
            raise ValueError('Huffman coding')
        length = self.integer(7)
        self.at += length
        if self.at > len(self.data):
            raise ValueError('a text cut short')
        return self.data[self.at - length:self.at].decode('latin-1')

    def field(self, bits):
        index = self.integer(bits)
        name = STATIC[index - 1][0] if index else self.text()
        return name, self.text()

    def headers(self):
        headers = []
        while self.at < len(self.data):
            first = self.data[self.at]
            if first & 0x80:
                headers.append(STATIC[self.integer(7) - 1])
            elif first & 0x40:
                headers.append(self.field(6))
            elif first & 0x20:
                self.integer(5)     # a size of the dynamic table
            else:
                headers.append(self.field(4))
        return headers


# ---- frames ----


def frame(kind, flags, stream, payload=b''):
    return (struct.pack('>I', len(payload))[1:] + bytes([kind, flags]) +
            struct.pack('>I', stream) + payload)


def greeting():
    """What a client says first."""
    settings = struct.pack('>HIHIHI', 1, 0, 2, 0, 4, (1 << 31) - 1)
    return (PREFACE + frame(SETTINGS, 0, 0, settings) +
            frame(WINDOW_UPDATE, 0, 0, struct.pack('>I', WINDOW)))


def request(stream, headers):
    """A request without a body, in as many frames as it takes."""
    block = encode_headers(headers)
    pieces = [block[at:at + FRAME_MAX]
              for at in range(0, len(block), FRAME_MAX)]
    out = b''
    for number, piece in enumerate(pieces):
        flags = END_STREAM if number == 0 else 0
        if number == len(pieces) - 1:
            flags |= END_HEADERS
        out += frame(CONTINUATION if number else HEADERS, flags, stream, piece)
    return out


class Stream:
    def __init__(self):
        self.block = b''
        self.body = b''
        self.ended = False
        self.error = None


class Connection:
    """The client's side of one connection, over a connected socket."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b''
        self.next = 1
        self.streams = {}
        self.order = []
        self.sock.sendall(greeting())

    def send(self, headers):
        """headers: pairs, pseudo-headers first. Gives the stream's number."""
        number = self.next
        self.next += 2
        self.streams[number] = Stream()
        self.order.append(number)
        self.sock.sendall(request(number, headers))
        return number

    def receive(self, number=None):
        """(headers, body) of a stream, by default of the oldest open one."""
        if number is None:
            number = self.order[0]
        stream = self.streams[number]
        while not stream.ended:
            self.take(*self.read_frame())
        self.order.remove(number)
        del self.streams[number]
        if stream.error is not None:
            raise stream.error
        return Block(stream.block).headers(), stream.body

    def read(self, count):
        while len(self.buffer) < count:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError('closed')
            self.buffer += data
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_frame(self):
        head = self.read(9)
        length = int.from_bytes(head[:3], 'big')
        return (head[3], head[4], int.from_bytes(head[5:], 'big'),
                self.read(length))

    def take(self, kind, flags, number, payload):
        stream = self.streams.get(number, Stream())
        if kind in (HEADERS, CONTINUATION):
            if kind == HEADERS:
                payload = self.unpad(flags, payload)
                payload = payload[5 if flags & PRIORITY else 0:]
            # Of an interim answer nothing is kept.
            stream.block = payload if kind == HEADERS else (stream.block +
                                                           payload)
            stream.ended = stream.ended or bool(kind == HEADERS and
                                                flags & END_STREAM)
        elif kind == DATA:
            stream.body += self.unpad(flags, payload)
            stream.ended = bool(flags & END_STREAM)
        elif kind == RST_STREAM:
            stream.error = Reset('stream', struct.unpack('>I', payload)[0])
            stream.ended = True
        elif kind == GOAWAY:
            code = struct.unpack('>II', payload[:8])[1]
            if code:
                raise Reset('connection', code)
        elif kind == SETTINGS and not flags & ACK:
            self.sock.sendall(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self.sock.sendall(frame(PING, ACK, 0, payload))

    @staticmethod
    def unpad(flags, payload):
        if not flags & PADDED:
            return payload
        return payload[1:len(payload) - payload[0]]
