#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""haproxy-tcp.cfg: connections without headers, variables in scope sess."""

import socket
import time

from harness import Agent, done, tap, wait_until
from matrix import cells
from proxy import (TcpApp, example, example_lists, example_policy, proxy_v1,
                   proxy_v2, said)

BALANCER, STRANGER, OFFICE = '127.0.0.1', '127.0.0.50', '127.0.0.77'

# name, source, PROXY header: who answered, with which source; source's word
CASES = [
    ('a stranger', STRANGER, b'', (f'public {STRANGER}', 'peer')),
    ('the office', OFFICE, b'', (f'internal {OFFICE}', 'peer')),
    ('PROXY v1', BALANCER, proxy_v1('203.0.113.9'),
     ('public 203.0.113.9', 'proxy')),
    ('PROXY v2 from the office', BALANCER, proxy_v2('198.51.100.7'),
     ('internal 198.51.100.7', 'proxy')),
    ('PROXY v2 from the office, IPv6', BALANCER,
     proxy_v2('2001:db8:1::7'), ('internal 2001:db8:1::7', 'proxy')),
    ('PROXY v2, IPv4-mapped', BALANCER, proxy_v2('::ffff:198.51.100.7'),
     ('internal 198.51.100.7', 'proxy')),
    ('a refused address', '127.0.0.66', b'', ('', 'peer')),
    ('a refused client of a balancer', BALANCER, proxy_v2('203.0.113.66'),
     ('', 'proxy')),
]


def speak(address, source, header):
    """What the server behind said first, and our port; '' for nothing."""
    with socket.create_connection(address, 20, (source, 0)) as sock:
        port = sock.getsockname()[1]
        try:
            sock.sendall(header or b'')
            sock.settimeout(20)
            return sock.recv(100).decode().strip(), port
        except ConnectionError:
            return '', port


def check_case(label, haproxy, case):
    name, source, header, (greeting, word) = case
    start = len(haproxy.lines)
    got, port = speak(haproxy.address(), source, header)
    tap(got == greeting, f'{label}: {name}', got)
    port = '40000' if header else str(port)
    line = haproxy.logged(rf':{port} \[.* truesrc=', start=start)
    answer = said(line)
    allowed = 'allow' if greeting else 'deny'
    tap(answer and (answer.verdict, answer.source, answer.proven) ==
        (allowed, word, '1'), f'{label}: {name}: so says the log', line)


def check_table(label, haproxy):
    keys = haproxy.keys()
    tap('::ffff:203.0.113.9' in keys and '2001:db8:1::' in keys,
        f'{label}: proven clients are keys', keys)


def check_silence(label, program, apps):
    """No answer is not a yes."""
    public, internal = apps
    with example(program, 'haproxy-tcp.cfg', '127.0.0.1:1', public.address,
                 TRUESRC_APP_OFFICE=internal.address,
                 TRUESRC_TIMEOUT='300ms') as haproxy:
        began = time.monotonic()
        got, _ = speak(haproxy.address(), OFFICE, b'')
        took = time.monotonic() - began
        tap(got == '' and took < 5,
            f'{label}: without an agent nobody gets in', f'{got!r} {took}')


def check_many(label, haproxy):
    """A burst of connections, all at once."""
    socks = [socket.create_connection(haproxy.address(), 20,
                                      (f'127.1.{number}.1', 0))
             for number in range(60)]
    wrong = []
    for number, sock in enumerate(socks):
        sock.settimeout(20)
        got = sock.recv(100).decode().strip()
        if got != f'public 127.1.{number}.1':
            wrong.append((number, got))
        sock.close()
    tap(not wrong, f'{label}: sixty at once, each as itself', wrong)
    tap(wait_until(lambda: len([key for key in haproxy.keys()
                                if '127.1.' in key]) == 60),
        f'{label}: and sixty keys', haproxy.keys())


def main():
    with Agent(example_policy(), files=example_lists()) as agent, \
            TcpApp('public') as public, TcpApp('internal') as internal:
        for program in cells(http=(1,)):
            label = program.name
            with example(program, 'haproxy-tcp.cfg', program.agent(agent),
                         public.address,
                         TRUESRC_APP_OFFICE=internal.address) as haproxy:
                for case in CASES:
                    check_case(label, haproxy, case)
                check_table(label, haproxy)
                check_many(label, haproxy)
            if program.spop == 'tcp':
                check_silence(label, program, (public, internal))
    done()


if __name__ == '__main__':
    main()
