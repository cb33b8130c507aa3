#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The HTTP/2 client of the tests, against bytes from RFC 7541 and RFC 9113,
written by hand."""

import socket
import struct
import sys

import http2

INTEGERS = [
    # number, bits of the prefix, bytes (RFC 7541, C.1)
    (10, 5, '0a'), (1337, 5, '1f9a0a'), (42, 8, '2a'), (31, 5, '1f00'),
    (127, 7, '7f00'), (16383, 7, '7f807f'),
]

BLOCKS = [
    # bytes, headers (RFC 7541, C.2, and what HAProxy sends)
    ('88', [(':status', '200')]),
    ('8d', [(':status', '404')]),
    ('040c2f73616d706c652f70617468', [(':path', '/sample/path')]),
    ('100870617373776f726406736563726574', [('password', 'secret')]),
    ('4803353033', [(':status', '503')]),
    ('20' '88' '0f0d023132', [(':status', '200'), ('content-length', '12')]),
]


def answers(server):
    """SETTINGS, a PING, a HEADERS with padding and priority, a CONTINUATION,
    two DATA; a stream that is reset; a connection given up."""
    frame = http2.frame
    server.sendall(
        frame(http2.SETTINGS, 0, 0) + frame(http2.PING, 0, 0, b'12345678') +
        frame(http2.HEADERS, http2.PADDED | http2.PRIORITY, 1,
              b'\2' + b'\0\0\0\0\1' + b'\x88' + b'\0\0') +
        frame(http2.CONTINUATION, http2.END_HEADERS, 1, b'\0\1a\1b') +
        frame(http2.DATA, 0, 1, b'one ') +
        frame(http2.RST_STREAM, 0, 3, struct.pack('>I', 8)) +
        frame(http2.DATA, http2.END_STREAM | http2.PADDED, 1, b'\1two\0') +
        frame(http2.GOAWAY, 0, 0, struct.pack('>II', 5, 1)))


def error_of(call):
    try:
        call()
    except http2.Reset as error:
        return error.code
    return None


def check_connection(report):
    client, server = socket.socketpair()
    with client, server:
        connection = http2.Connection(client)
        for name in ('/1', '/3', '/5'):
            connection.send([(':path', name)])
        answers(server)
        report('an answer in pieces', connection.receive(1) == (
            [(':status', '200'), ('a', 'b')], b'one two'))
        report('a stream that is reset',
               error_of(lambda: connection.receive(3)) == 8)
        report('a connection given up',
               error_of(lambda: connection.receive(5)) == 1)
        said = server.recv(65536)
        report('the preface', said.startswith(http2.PREFACE))
        report('a request', bytes.fromhex(
            '00000a' '0105' '00000001' '0005') + b':path\2/1' in said)
        report('SETTINGS are acknowledged',
               bytes.fromhex('000000040100000000') in said)
        report('PING is answered', bytes.fromhex(
            '000008060100000000') + b'12345678' in said)


def main():
    results = []

    def report(name, good):
        results.append(good)
        print(f"{'ok' if good else 'not ok'} {len(results)} - {name}")

    for number, bits, text in INTEGERS:
        report(f'{number} in {bits} bits', http2.encode_integer(
            number, bits) == bytes.fromhex(text) and http2.Block(
                bytes.fromhex(text)).integer(bits) == number)
    for text, headers in BLOCKS:
        report(f'reads {text}',
               http2.Block(bytes.fromhex(text)).headers() == headers)
    report('the static table', len(http2.STATIC) == 61)
    report('a long header in several frames', http2.request(
        1, [('a', 'b' * 20000)]).count(b'\x09\x04\0\0\0\1') == 1)
    check_connection(report)
    print(f'1..{len(results)}')
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
