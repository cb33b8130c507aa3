#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""haproxy-proxy-protocol.cfg: whose PROXY header counts."""

from harness import Agent, done, tap
from matrix import cells
from proxy import (App, example, example_lists, example_policy, probe,
                   proxy_v1, proxy_v2, xff)

BALANCER, STRANGER = '127.0.0.1', '127.0.0.50'
CLIENT, CLIENT6 = '203.0.113.9', '2001:db8:77::9'
FORGED = 'proxy-from-untrusted-peer'

BINDS = {'TRUESRC_BIND': '127.0.0.1', 'TRUESRC_BIND_MIXED': '127.0.0.1'}

# To the port where everybody has to send a PROXY header.
# name, source, PROXY header: status, verdict, client, proven, source, flags
PROXIED = [
    ('v1', BALANCER, proxy_v1(CLIENT),
     (200, 'allow', CLIENT, '1', 'proxy', '-')),
    ('v1, IPv6', BALANCER, proxy_v1(CLIENT6),
     (200, 'allow', CLIENT6, '1', 'proxy', '-')),
    ('v2', BALANCER, proxy_v2(CLIENT),
     (200, 'allow', CLIENT, '1', 'proxy', '-')),
    ('v2, IPv6', BALANCER, proxy_v2(CLIENT6),
     (200, 'allow', CLIENT6, '1', 'proxy', '-')),
    ('v2, IPv4-mapped', BALANCER, proxy_v2('::ffff:203.0.113.9'),
     (200, 'allow', CLIENT, '1', 'proxy', '-')),
    ('v1, refused address', BALANCER, proxy_v1('203.0.113.66'),
     (403, 'deny', '203.0.113.66', '1', 'proxy', '-')),
    ('v2, refused address', BALANCER, proxy_v2('203.0.113.130'),
     (403, 'deny', '203.0.113.130', '1', 'proxy', '-')),
    ('v1 of a stranger', STRANGER, proxy_v1('198.51.100.7'),
     (200, 'allow', STRANGER, '1', 'peer', FORGED)),
    ('v2 of a stranger', STRANGER, proxy_v2('198.51.100.7'),
     (200, 'allow', STRANGER, '1', 'peer', FORGED)),
    ('v2 of a stranger who is refused', '127.0.0.66',
     proxy_v2('198.51.100.7'),
     (403, 'deny', '127.0.0.66', '1', 'peer', FORGED)),
    ('v1 UNKNOWN', BALANCER, proxy_v1(None),
     (403, 'reject', '-', '0', 'proxy|peer|-', '-')),
    ('v2 LOCAL', BALANCER, proxy_v2(None),
     (403, 'reject', '-', '0', 'proxy|peer|-', '-')),
]

# To the port where HAProxy reads one from balancers alone.
MIXED = [
    ('v1', BALANCER, proxy_v1(CLIENT), [],
     (200, 'allow', CLIENT, '1', 'proxy', '-')),
    ('v2', BALANCER, proxy_v2(CLIENT), [],
     (200, 'allow', CLIENT, '1', 'proxy', '-')),
    ("the client's own header", BALANCER, proxy_v2(CLIENT),
     xff('198.51.100.7'), (200, 'allow', CLIENT, '1', 'proxy', '-')),
    ('refused address', BALANCER, proxy_v2('203.0.113.66'), [],
     (403, 'deny', '203.0.113.66', '1', 'proxy', '-')),
    ('a stranger', STRANGER, b'', [],
     (200, 'allow', STRANGER, '1', 'peer', '-')),
]


def check_case(label, haproxy, case, bind):
    name, source, header, headers, expected = case
    outcome = probe(haproxy, headers, source, header, bind)
    answer = outcome.said
    got = (outcome.status,
           *((answer.verdict, answer.client_ip, answer.proven, answer.source,
              answer.flags) if answer else ()))
    tap(len(got) == len(expected) and
        all(str(g) in str(e).split('|') for g, e in zip(got, expected)),
        f'{label}: {name}', f'expected {expected}\n     got {got}\n'
        f'{outcome.line}')
    if outcome.status == 200:
        seen = outcome.response.header('X-Forwarded-For')
        tap(outcome.source == seen == expected[2],
            f'{label}: {name}: so do log and backend',
            f'{seen}\n{outcome.line}')


def check_strangers_header(label, haproxy):
    """Without "expect-proxy" for it, a PROXY header is no request."""
    try:
        with haproxy.client(STRANGER, proxy_v1('198.51.100.7'),
                            'TRUESRC_BIND_MIXED') as client:
            status = client.get().status
    except ConnectionError:
        status = 'closed'
    tap(status in (400, 'closed'),
        f"{label}: a stranger's PROXY header is not even read", status)


def main():
    with Agent(example_policy(), files=example_lists()) as agent, App() as app:
        for program in cells():
            label = program.name
            with example(program, 'haproxy-proxy-protocol.cfg',
                         program.agent(agent), app.address, BINDS) as haproxy:
                for name, source, header, expected in PROXIED:
                    check_case(label, haproxy,
                               (name, source, header, [], expected),
                               'TRUESRC_BIND')
                for case in MIXED:
                    check_case(f'{label} mixed', haproxy, case,
                               'TRUESRC_BIND_MIXED')
                check_strangers_header(label, haproxy)
    done()


if __name__ == '__main__':
    main()
