# SPDX-License-Identifier: Apache-2.0
"""What tests with a real HAProxy share: the proxy itself, backends that say
what reached them, and clients that send what no library would.

Every address of 127.0.0.0/8 can be a source on loopback, so a trusted balancer
and a stranger are just two of them. Listening sockets are opened here, on ports
of the kernel's choice, and handed to HAProxy as "fd@N".
"""

import collections
import ipaddress
import itertools
import json
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / 'conf' / 'examples'

sys.path.insert(0, str(ROOT / 'tests' / 'tools'))

import haproxies  # noqa: E402  (found by the path above)
# All of these are for who imports this module, too.
from clients import (  # noqa: E402
    PROXY_V2, Client, Http2Client, Response, proxy_v1, proxy_v2, xff)

# Long enough for a loaded machine; the shipped default is meant for real ones.
PATIENT = '5s'


def listener(host='127.0.0.1', port=0):
    """A bound socket: HAProxy listens on it, or we do."""
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    return sock


def unused_port():
    """A port where nothing listens: bound, and never given to anybody."""
    sock = listener()
    return sock, sock.getsockname()[1]


# ---- HAProxy ----


class HAProxy:
    """A running HAProxy with one configuration file.

    binds: {variable: host, (host, port) or socket}: a listening socket each,
    named to the file by that environment variable; env: other variables;
    parent: where its directory is made."""

    def __init__(self, program, config, binds=None, env=None, parent=None):
        self.program = program
        self.client_class = (Http2Client if getattr(program, 'http', 1) == 2
                             else Client)
        self.config = str(config)
        self.parent = parent
        self.directory = None
        self.sockets = {}
        for name, bind in (binds or {'TRUESRC_BIND': '127.0.0.1'}).items():
            if isinstance(bind, str):
                bind = (bind, 0)
            self.sockets[name] = (bind if isinstance(bind, socket.socket)
                                  else listener(*bind))
        self.env = {'TRUESRC_TIMEOUT': PATIENT, **(env or {})}
        self.log_stream = None
        self.unfinished = ''
        self.seen = []
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def environment(self):
        env = {**os.environ, **self.env,
               'TRUESRC_STATS': str(self.directory / 'stats')}
        for name, sock in self.sockets.items():
            env[name] = f'fd@{sock.fileno()}'
        return env

    def check(self):
        """What "haproxy -c -dW" says: exit code and text."""
        run = subprocess.run(
            [self.program.path, '-c', '-dW', '-f', self.config],
            env={**os.environ, **self.env, 'TRUESRC_STATS': '/nowhere'},
            capture_output=True, text=True, timeout=60, check=False)
        return run.returncode, run.stdout + run.stderr

    def start(self, seconds=20.0):
        self.directory = pathlib.Path(tempfile.mkdtemp(
            prefix='truesrc-hap-', dir=self.parent))
        fds = [sock.fileno() for sock in self.sockets.values()]
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(
                [self.program.path, '-db', '-f', self.config],
                env=self.environment(), pass_fds=fds,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        self.log_stream = open(self.log_path, encoding='utf-8',
                               errors='replace')
        end = time.monotonic() + seconds
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                error = 'HAProxy did not start:\n' + self.log
                self.stop()
                raise RuntimeError(error)
            time.sleep(0.02)
        return self

    @property
    def log_path(self):
        return self.directory / 'log'

    @property
    def lines(self):
        """The log so far, whole lines."""
        if self.log_stream is None:
            return self.seen
        *whole, self.unfinished = (self.unfinished +
                                   self.log_stream.read()).split('\n')
        self.seen += whole
        return self.seen

    @property
    def log(self):
        return '\n'.join(self.lines)

    def logged(self, pattern, seconds=5.0, start=0):
        """The first log line from number start on that matches, or None."""
        end = time.monotonic() + seconds
        while True:
            for line in self.lines[start:]:
                if re.search(pattern, line):
                    return line
            if time.monotonic() > end:
                return None
            time.sleep(0.01)

    def address(self, name='TRUESRC_BIND'):
        return self.sockets[name].getsockname()[:2]

    def port(self, name='TRUESRC_BIND'):
        return self.address(name)[1]

    # -- clients, in HTTP/1 or 2 --

    def client(self, source=None, proxy=b'', bind='TRUESRC_BIND',
               address=None):
        return self.client_class(address or self.address(bind), source, proxy)

    def get(self, headers=(), source=None, proxy=b'', bind='TRUESRC_BIND',
            address=None, **more):
        """One request on a connection of its own."""
        with self.client(source, proxy, bind, address) as client:
            return client.get(headers, **more)

    # -- the stats socket --

    def answers(self):
        try:
            return bool(self.command('show info'))
        except OSError:
            return False

    def command(self, words):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(10)
            sock.connect(str(self.directory / 'stats'))
            sock.sendall(words.encode() + b'\n')
            answer = b''
            while True:
                data = sock.recv(65536)
                if not data:
                    return answer.decode('utf-8', 'replace')
                answer += data

    def keys(self, table='clients'):
        """The keys of a stick table."""
        return re.findall(r'key=(\S+)', self.command(f'show table {table}'))

    def server_state(self, backend='truesrc', server='agent1'):
        """(state, last check): "UP" or "DOWN", "L7OK" and the like."""
        rows = self.command('show stat').lstrip('# ').splitlines()
        names = rows[0].split(',')
        for row in rows[1:]:
            fields = dict(zip(names, row.split(',')))
            if (fields.get('pxname'), fields.get('svname')) == (backend,
                                                               server):
                check = fields['check_status'].lstrip('* ')
                return fields['status'].split()[0], check
        return None, None

    def wait_state(self, state, seconds=10.0, **which):
        """True as soon as the server is in that state, and checked."""
        end = time.monotonic() + seconds
        while True:
            now, check = self.server_state(**which)
            if now == state and check not in ('', 'INI'):
                return True
            if time.monotonic() > end:
                return False
            time.sleep(0.02)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.log_stream is not None:
            self.seen = self.lines
            self.log_stream.close()
            self.log_stream = None
        for sock in self.sockets.values():
            sock.close()
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)


# ---- the shipped files ----


def example(program, name, agent, app, binds=None, parent=None, **env):
    """A shipped HAProxy file, pointed at this agent and this backend."""
    return HAProxy(program, EXAMPLES / name, binds,
                   {'TRUESRC_AGENT': agent, 'TRUESRC_APP': app,
                    'TRUESRC_AGENT2': '127.0.0.1:1', **env}, parent)


def example_policy(address='127.0.0.1:0\n  - address: unix:{dir}/agent.sock'):
    """The shipped truesrc.yaml, listening elsewhere: on TCP and locally."""
    text = (EXAMPLES / 'truesrc.yaml').read_text()
    assert '127.0.0.1:9000' in text
    return text.replace('127.0.0.1:9000', address)


def example_lists():
    """The shipped lists, as harness.Agent takes files."""
    return {f'lists/{path.name}': path.read_text()
            for path in (EXAMPLES / 'lists').iterdir()}


# What the shipped log formats say of an answer; "-" is what was not set.
Said = collections.namedtuple(
    'Said', 'verdict client_ip proven source rule flags')
SAID = re.compile(r'truesrc=\[([^]|]*)\|([^]|]*)\|proven=([^]|]*)\|([^]|]*)\|'
                  r'([^]|]*)\|([^]|]*)\]')


def said(line):
    found = SAID.search(line or '')
    return Said(*found.groups()) if found else None


# What became of a request: the Response, what truesrc said of it, the log line
# and the source that HAProxy logged.
Outcome = collections.namedtuple('Outcome', 'response status said line source')
serial = itertools.count(1)


def probe(haproxy, headers=(), source=None, proxy=b'', bind='TRUESRC_BIND',
          client=None, address=None, **more):
    """One request and its Outcome, on a connection of its own or client's."""
    target = f'/probe-{next(serial)}'
    if client is not None:
        response = client.get(headers, target, **more)
    else:
        response = haproxy.get(headers, source, proxy, bind, address,
                               target=target, **more)
    # In HTTP/2 the host stands before it.
    line = haproxy.logged(rf' \S*{target} ')
    source = re.match(r'(\S+):\d+ \[', line or '')
    return Outcome(response, response.status, said(line), line,
                   source and source[1])


# ---- backends ----


class Server:
    """A listening thread, and one thread a connection."""

    def __init__(self, sock=None):
        self.socket = sock or listener()
        self.socket.listen(512)
        self.port = self.socket.getsockname()[1]
        self.address = f'127.0.0.1:{self.port}'
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
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
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve_quietly, args=(sock,),
                             daemon=True).start()

    def serve_quietly(self, sock):
        with sock:
            try:
                self.serve(sock)
            except OSError:
                pass

    def serve(self, sock):
        raise NotImplementedError


class App(Server):
    """An HTTP server that answers with what it was sent, as JSON."""

    def notice(self, headers):
        """For those who want to know what comes through."""

    def serve(self, sock):
        buffer = b''
        while True:
            while b'\r\n\r\n' not in buffer:
                data = sock.recv(65536)
                if not data:
                    return
                buffer += data
            head, _, buffer = buffer.partition(b'\r\n\r\n')
            lines = head.decode('latin-1').split('\r\n')
            headers = [line.split(': ', 1) if ': ' in line
                       else [line.rstrip(':'), ''] for line in lines[1:]]
            self.notice(headers)
            body = json.dumps({'request': lines[0],
                               'headers': headers}).encode()
            sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json'
                         b'\r\nContent-Length: %d\r\n\r\n' % len(body) + body)


def receive(sock, count):
    data = b''
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise ConnectionError('closed')
        data += more
    return data


class TcpApp(Server):
    """Speaks first: its name and the source that PROXY v2 brought."""

    def __init__(self, name):
        self.name = name
        super().__init__()

    def serve(self, sock):
        head = receive(sock, 16)
        family, length = head[13], struct.unpack('>H', head[14:16])[0]
        block = receive(sock, length)
        size = {0x11: 4, 0x21: 16}.get(family)
        source = ipaddress.ip_address(block[:size]) if size else None
        source = getattr(source, 'ipv4_mapped', None) or source
        sock.sendall(f'{self.name} {source}\n'.encode())
        while sock.recv(65536):
            pass
