# SPDX-License-Identifier: Apache-2.0
"""Clients of a HAProxy under test, in HTTP/1 and HTTP/2, that send what no
library would."""

import ipaddress
import json
import socket
import struct

import http2

PROXY_V2 = b'\r\n\r\n\0\r\nQUIT\n'



def proxy_v1(source, destination='192.0.2.1', port=40000):
    """A PROXY header in text; source None: UNKNOWN."""
    if source is None:
        return b'PROXY UNKNOWN\r\n'
    family = 'TCP6' if ':' in source else 'TCP4'
    if ':' in source and ':' not in destination:
        destination = '2001:db8::1'
    return f'PROXY {family} {source} {destination} {port} 80\r\n'.encode()


def proxy_v2(source, destination='192.0.2.1', port=40000):
    """A PROXY header in binary; source None: LOCAL."""
    if source is None:
        return PROXY_V2 + b'\x20\0\0\0'
    source = ipaddress.ip_address(source)
    if source.version == 6 and ':' not in destination:
        destination = '2001:db8::1'
    block = (source.packed + ipaddress.ip_address(destination).packed +
             struct.pack('>HH', port, 80))
    family = b'\x11' if source.version == 4 else b'\x21'
    return PROXY_V2 + b'\x21' + family + struct.pack('>H', len(block)) + block


RESET = 'reset'


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def received(self, name):
        """The lines of a header that reached the backend; [] for none."""
        if self.status != 200:
            return []
        seen = json.loads(self.body)['headers']
        return [value for field, value in seen if field.lower() ==
                name.lower()]

    def header(self, name):
        """The one line of a header that reached the backend, or None."""
        lines = self.received(name)
        return lines[0] if len(lines) == 1 else (lines or None)


class Client:
    """One connection to HAProxy; requests on it are answered in order."""

    def __init__(self, address, source=None, proxy=b'', timeout=20.0):
        self.sock = socket.create_connection(
            address, timeout, (source, 0) if source else None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b''
        if proxy:
            self.sock.sendall(proxy)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionError('closed')
        self.buffer += data

    def send(self, headers=(), target='/', method='GET'):
        """headers: pairs, or whole lines as they are to be sent."""
        lines = [f'{method} {target} HTTP/1.1', 'Host: app.example']
        lines += [header if isinstance(header, str) else ': '.join(header)
                  for header in headers]
        self.sock.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1'))

    def receive(self):
        while b'\r\n\r\n' not in self.buffer:
            self.fill()
        head, _, self.buffer = self.buffer.partition(b'\r\n\r\n')
        lines = head.decode('latin-1').split('\r\n')
        headers = dict(line.lower().split(': ', 1) for line in lines[1:]
                       if ': ' in line)
        length = int(headers.get('content-length', 0))
        while len(self.buffer) < length:
            self.fill()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Response(int(lines[0].split()[1]), headers, body)

    def get(self, headers=(), target='/', method='GET'):
        self.send(headers, target, method)
        return self.receive()


class Http2Client:
    """One connection to HAProxy, by prior knowledge; requests are streams of
    it. receive() gives the answer to the oldest one."""

    def __init__(self, address, source=None, proxy=b'', timeout=20.0):
        self.sock = socket.create_connection(
            address, timeout, (source, 0) if source else None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if proxy:
            self.sock.sendall(proxy)
        self.connection = http2.Connection(self.sock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, headers=(), target='/', method='GET'):
        """headers: as for HTTP/1; gives the stream's number."""
        lines = [(':method', method), (':scheme', 'http'),
                 (':authority', 'app.example'), (':path', target)]
        for header in headers:
            if isinstance(header, str):
                name, _, value = header.partition(':')
                header = (name, value.strip())
            lines.append((header[0].lower(), header[1]))
        return self.connection.send(lines)

    def receive(self, number=None):
        """A Response; of status RESET when the stream was reset, or the
        connection given up."""
        try:
            headers, body = self.connection.receive(number)
        except http2.Reset as error:
            return Response(RESET, {}, str(error).encode())
        headers = dict(headers)
        return Response(int(headers[':status']), headers, body)

    def get(self, headers=(), target='/', method='GET'):
        return self.receive(self.send(headers, target, method))


def xff(*lines):
    """Lines of X-Forwarded-For."""
    return [('X-Forwarded-For', line) for line in lines]
