# SPDX-License-Identifier: Apache-2.0
"""What a lookup in HAProxy's own list (-m ip -f FILE) costs it.

HAProxy gets thousands of addresses a connection, each at a fixed place of what
is sent and each looked up by a rule of its own, so that nearly no address is
asked for twice and the connection itself counts for little. A second HAProxy
does the same with an empty list: the difference is the list. Both run in turns;
the system tells their CPU time in nanoseconds.
"""

import ipaddress
import os
import pathlib
import socket
import statistics
import subprocess
import tempfile
import time

RULES = 4000
WIDTH = {4: 15, 6: 39}      # an address with all its zeros

CONFIG = '''\
global
  nbthread 1
  tune.bufsize {buffer}
  set-var proc.hits int(0)
  stats socket {dir}/control level admin
defaults
  mode tcp
  timeout client 60s
  timeout connect 1s
  timeout server 1s
frontend measured
  bind unix@{dir}/measured
  tcp-request inspect-delay 30s
  tcp-request content reject if !{{ req.payload(0,{length}) -m found }}
{measured}
  tcp-request content reject
frontend checked
  bind unix@{dir}/checked
  tcp-request inspect-delay 30s
  tcp-request content reject if !{{ req.payload(0,{length}) -m found }}
{checked}
  tcp-request content reject
'''

MATCH = '{{ req.payload({at},{width}),lower -m ip -f {list} }}'
MEASURED = f'  tcp-request content reject if {MATCH} {{{{ always_false }}}}'
CHECKED = ('  tcp-request content set-var(proc.hits) '
           f'var(proc.hits),add(1) if {MATCH}')


def padded(address):
    """The address in its longest form, so that all have one length."""
    if ':' in address:
        return ipaddress.IPv6Address(address).exploded
    return '.'.join(f'{int(part):03}' for part in address.split('.'))


def fetch(sockname, data):
    """Sends data and waits until HAProxy closes."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(120)
        connection.connect(sockname)
        try:
            connection.sendall(data)
            while connection.recv(4096):
                pass
        except ConnectionError:
            pass


class Lookups:
    """A running HAProxy whose rules look into one list."""

    def __init__(self, program, list_path, family, cpu):
        self.directory = tempfile.TemporaryDirectory(prefix='haproxy-')
        self.write(list_path, family)
        start = time.monotonic()
        self.process = subprocess.Popen(
            ['taskset', '-c', str(cpu), program.path, '-db', '-f',
             self.path('haproxy.cfg')],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait()
        self.seconds = time.monotonic() - start
        self.start_cpu = self.cpu()
        self.memory = self.resident()

    def path(self, name):
        return os.path.join(self.directory.name, name)

    def write(self, list_path, family):
        width = WIDTH[family]

        def rules(pattern):
            return '\n'.join(
                pattern.format(at=i * width, width=width, list=list_path)
                for i in range(RULES))
        pathlib.Path(self.path('haproxy.cfg')).write_text(CONFIG.format(
            dir=self.directory.name, buffer=RULES * width + 65536,
            length=RULES * width, measured=rules(MEASURED),
            checked=rules(CHECKED)))

    def wait(self):
        """Until it answers; a long list takes minutes."""
        for _ in range(60000):
            if self.process.poll() is not None:
                raise RuntimeError('HAProxy did not start')
            try:
                self.ask('show version')
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError('HAProxy does not get ready')

    def ask(self, words):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.path('control'))
            connection.sendall(words.encode() + b'\n')
            answer = b''
            while part := connection.recv(4096):
                answer += part
        return answer.decode()

    def cpu(self):
        """Nanoseconds so far."""
        with open(f'/proc/{self.process.pid}/schedstat') as stat:
            return int(stat.read().split()[0])

    def resident(self):
        with open(f'/proc/{self.process.pid}/smaps_rollup') as rollup:
            return next(int(line.split()[1]) * 1024 for line in rollup
                        if line.startswith('Rss:'))

    def run(self, payloads):
        """CPU nanoseconds an address."""
        start = self.cpu()
        for payload in payloads:
            fetch(self.path('measured'), payload)
        return (self.cpu() - start) / (RULES * len(payloads))

    def hits(self, payload):
        """How many of the addresses it finds."""
        before = self.counted()
        fetch(self.path('checked'), payload)
        return self.counted() - before

    def counted(self):
        return int(self.ask('get var proc.hits').split('<')[1].split('>')[0])

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.directory.cleanup()


def payloads_of(addresses, count):
    """Hits and misses in turn, in RULES a payload."""
    half = len(addresses) // 2
    texts = [padded(address) for address in addresses]
    both = [text for pair in zip(texts[:half], texts[half:]) for text in pair]
    return [''.join(both[(i * RULES + j) % len(both)]
                    for j in range(RULES)).encode()
            for i in range(count)]


def measure(program, list_path, family, addresses, cpu, rounds=5,
            connections=20):
    """The figures of one list: nanoseconds, bytes, milliseconds."""
    payloads = payloads_of(addresses, connections)
    with tempfile.NamedTemporaryFile() as nothing:
        running = []
        try:
            for path in (list_path, nothing.name):
                running.append(Lookups(program, path, family, cpu))
            full, empty = running
            found = full.hits(payloads[0])
            if found != RULES // 2:
                raise RuntimeError(f'{program}: {found} hits of {RULES // 2}')
            times = []
            for i in range(rounds + 1):
                pair = full.run(payloads), empty.run(payloads)
                if i > 0:
                    times.append(pair[0] - pair[1])
            return {'lookup': statistics.median(times), 'least': min(times),
                    'empty': pair[1],
                    'memory': full.memory - empty.memory,
                    'load': (full.start_cpu - empty.start_cpu) / 1e6}
        finally:
            for lookups in running:
                lookups.stop()
