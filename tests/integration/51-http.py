#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""haproxy-http.cfg: who the client is, what the log, the backend and the stick
table get, and what is refused."""

from harness import Agent, done, skip, tap
from clients import RESET
from matrix import cells
from proxy import App, example, example_lists, example_policy, probe, xff

BALANCER, STRANGER = '127.0.0.1', '127.0.0.50'

# name, source, headers: status, verdict, client, proven, source, flags
CASES = [
    ('a stranger', STRANGER, [],
     (200, 'allow', STRANGER, '1', 'peer', '-')),
    ('through a balancer', BALANCER, xff('203.0.113.9'),
     (200, 'allow', '203.0.113.9', '1', 'x-forwarded-for', '-')),
    ('through two balancers', BALANCER, xff('203.0.113.9, 127.0.0.2'),
     (200, 'allow', '203.0.113.9', '1', 'x-forwarded-for', '-')),
    ('IPv6', BALANCER, xff('2001:db8:77:1:2:3:4:5'),
     (200, 'allow', '2001:db8:77:1:2:3:4:5', '1', 'x-forwarded-for', '-')),
    ('with a port', BALANCER, xff('[2001:db8:77:1::9]:4711'),
     (200, 'allow', '2001:db8:77:1::9', '1', 'x-forwarded-for', '-')),
    ('an IPv4-mapped entry', BALANCER, xff('::ffff:203.0.113.9'),
     (200, 'allow', '203.0.113.9', '1', 'x-forwarded-for', '-')),
    ('a forged header', STRANGER, xff('198.51.100.7'),
     (200, 'allow', STRANGER, '1', 'peer', 'headers-from-untrusted-peer')),
    ('a forged entry', BALANCER, xff('198.51.100.7, 203.0.113.9'),
     (200, 'allow', '203.0.113.9', '1', 'x-forwarded-for',
      'entries-left-of-client')),
    ('a forged trusted entry', BALANCER, xff('127.0.0.2, 203.0.113.9'),
     (200, 'allow', '203.0.113.9', '1', 'x-forwarded-for',
      'entries-left-of-client')),
    ('two lines', BALANCER, xff('203.0.113.9', '127.0.0.2'),
     (200, 'allow', '203.0.113.9', '1', 'x-forwarded-for',
      'several-lines')),
    ('a forged line', BALANCER, xff('198.51.100.7', '203.0.113.9'),
     (200, 'allow', '203.0.113.9', '1', 'x-forwarded-for',
      'entries-left-of-client,several-lines')),
    ('four lines', BALANCER,
     xff('203.0.113.9', '127.0.0.2', '127.0.0.1', '127.0.0.2'),
     (200, 'allow', '203.0.113.9', '1', 'x-forwarded-for',
      'several-lines')),
    ('another name in the way', BALANCER,
     [('X_Forwarded_For', '198.51.100.7'), *xff('203.0.113.9')],
     (200, 'allow', '203.0.113.9', '1', 'x-forwarded-for', '-')),
    ('an entry that is none', BALANCER, xff('203.0.113.9, unknown'),
     (200, 'allow', BALANCER, '0', 'peer',
      'invalid-entry,answer-is-a-proxy')),
    ('octal', BALANCER, xff('0313.0.113.9'),
     (200, 'allow', BALANCER, '0', 'peer',
      'invalid-entry,answer-is-a-proxy')),
    ("a balancer's own request", BALANCER, [],
     (200, 'allow', BALANCER, '0', 'peer', 'answer-is-a-proxy')),
    ('refused', BALANCER, xff('203.0.113.66'),
     (403, 'deny', '203.0.113.66', '1', 'x-forwarded-for', '-')),
    ('refused, directly', '127.0.0.66', [],
     (403, 'deny', '127.0.0.66', '1', 'peer', '-')),
    ('refused, IPv6', BALANCER, xff('2001:db8:bad::1'),
     (403, 'deny', '2001:db8:bad::1', '1', 'x-forwarded-for', '-')),
    ('refused, hiding behind an entry', BALANCER,
     xff('198.51.100.7, 203.0.113.66'),
     (403, 'deny', '203.0.113.66', '1', 'x-forwarded-for',
      'entries-left-of-client')),
    ('the office', BALANCER, xff('198.51.100.7'),
     (200, 'allow', '198.51.100.7', '1', 'x-forwarded-for', '-')),
]


def check_case(label, haproxy, case):
    name, source, headers, expected = case
    outcome = probe(haproxy, headers, source)
    answer = outcome.said
    got = (outcome.status,
           *((answer.verdict, answer.client_ip, answer.proven, answer.source,
              answer.flags) if answer else ()))
    tap(got == expected, f'{label}: {name}',
        f'expected {expected}\n     got {got}\n{outcome.line}')
    if answer is None:
        return
    tap(outcome.source == answer.client_ip,
        f'{label}: {name}: the log has the client', outcome.line)
    if outcome.status == 200:
        seen = [outcome.response.header(field) for field in (
            'X-Forwarded-For', 'X-Real-IP', 'X-Client-Proven')]
        want = [answer.client_ip, answer.client_ip, answer.proven]
        tap(seen == want, f'{label}: {name}: so has the backend', seen)


def check_version(label, haproxy):
    """HAProxy's word for how it was asked."""
    line = probe(haproxy).line
    version = 'HTTP/2.0"' if haproxy.program.http == 2 else 'HTTP/1.1"'
    tap(line.endswith(version), f'{label}: asked in {version[:-1]}', line)


def check_table(label, haproxy):
    keys = haproxy.keys()
    tap('::ffff:203.0.113.9' in keys, f'{label}: the client is a key', keys)
    tap('2001:db8:77:1::' in keys, f'{label}: an IPv6 network is a key', keys)
    tap('::ffff:127.0.0.1' not in keys,
        f'{label}: what is not proven is none', keys)


REFUSED = [
    ('five lines', xff(*['203.0.113.9'] * 5)),
    ('twelve lines', xff(*['203.0.113.9'] * 12)),
    ('a long line', xff('1' * 2001)),
    ('a long line before a short one', xff('1' * 2001, '203.0.113.9')),
    ('Connection names the header',
     [('Connection', 'close, X-Forwarded-For'), *xff('203.0.113.9')]),
    ('a blank before the colon', ['X-Forwarded-For : 203.0.113.9']),
]

GONE = ('CF-Connecting-IP', 'CF-Ray', 'True-Client-IP', 'Forwarded',
        'Fastly-Client-IP', 'X_Forwarded_For', 'X_Real_IP', 'X-Client-IP',
        'X-Cluster-Client-IP')


def check_caps(label, haproxy):
    for name, headers in REFUSED:
        status = haproxy.get(headers, BALANCER).status
        # HTTP/2 knows no such header, and resets the stream.
        tap(status == 400 or status == RESET, f'{label}: {name} is refused', status)
    full = ', '.join(['198.51.100.7'] * 142) + ', 203.0.113.9'
    outcome = probe(haproxy, xff(full, *['127.0.0.1,' * 190 + '127.0.0.2'] * 3),
                    BALANCER)
    tap(outcome.status == 200 and outcome.said.flags.count('hop-limit') == 1,
        f'{label}: the longest chain that is let through', outcome.line)
    outcome = probe(haproxy, [('Cookie', 'c' * 12000), *xff('203.0.113.9')],
                    BALANCER)
    tap(outcome.status == 200 and outcome.said.client_ip == '203.0.113.9',
        f'{label}: a long cookie does not matter', outcome.line)


def check_stripped(label, haproxy):
    forged = [(name, '198.51.100.7') for name in GONE]
    forged += [('X-Real-IP', '198.51.100.7'), ('X-Client-Proven', 'yes'),
               ('X-Other', 'kept')]
    response = probe(haproxy, forged, STRANGER).response
    left = [name for name in GONE if response.received(name)]
    tap(not left, f'{label}: nobody vouches for other headers', left)
    tap(response.received('X-Real-IP') == [STRANGER] and
        response.received('X-Client-Proven') == ['1'] and
        response.received('X-Other') == ['kept'],
        f'{label}: ours replace what came in', response.body)


def check_keep_alive(label, haproxy):
    """One connection of a balancer carries several clients."""
    wrong = []
    with haproxy.client(BALANCER) as client:
        for number in range(60):
            address = f'203.0.113.{number + 1}'
            outcome = client.get(xff(address) if number % 3 else [])
            want = 403 if address == '203.0.113.66' else 200
            seen = outcome.header('X-Real-IP')
            expected = address if number % 3 else BALANCER
            if outcome.status != want or seen != expected:
                wrong.append((number, outcome.status, seen))
    tap(not wrong, f'{label}: no answer leaks into the next request', wrong)


def check_two_connections(label, haproxy):
    """Requests in flight together keep their own answers."""
    clients = [haproxy.client(BALANCER) for _ in range(20)]
    wrong = []
    for turn in range(10):
        for number, client in enumerate(clients):
            client.send(xff(f'192.0.2.{turn * 20 + number}'))
        for number, client in enumerate(clients):
            seen = client.receive().header('X-Real-IP')
            if seen != f'192.0.2.{turn * 20 + number}':
                wrong.append((turn, number, seen))
    for client in clients:
        client.close()
    tap(not wrong, f'{label}: answers in flight do not mix', wrong)


def check_one_connection(label, haproxy):
    """As many requests as one connection takes at once, each of a client of
    its own: streams of HTTP/2, or one behind the other."""
    wrong = []
    with haproxy.client(BALANCER) as client:
        for turn in range(4):
            addresses = [f'192.0.2.{turn * 50 + n}' for n in range(50)]
            for address in addresses:
                client.send(xff(address))
            for address in addresses:
                seen = client.receive().header('X-Real-IP')
                if seen != address:
                    wrong.append((address, seen))
    tap(not wrong, f'{label}: nor do they on one connection', wrong[:5])


def check_mapped(label, program, agent, app):
    """A socket of both families names IPv4 peers as ::ffff:a.b.c.d."""
    try:
        haproxy = example(program, 'haproxy-http.cfg', agent, app,
                          {'TRUESRC_BIND': '::ffff:127.0.0.1'})
    except OSError as error:
        skip(f'{label}: IPv4-mapped', error)
        return
    with haproxy:
        address = ('127.0.0.1', haproxy.port())
        response = haproxy.get(xff('203.0.113.9'), BALANCER, address=address)
        tap(response.header('X-Real-IP') == '203.0.113.9',
            f'{label}: a mapped balancer is trusted', response.body)
        response = haproxy.get(xff('203.0.113.9'), STRANGER, address=address)
        tap(response.header('X-Real-IP') == STRANGER,
            f'{label}: a mapped stranger comes back as IPv4', response.body)
        tap('::ffff:' + STRANGER in haproxy.keys(),
            f'{label}: and is a key as such', haproxy.keys())


def check_rate(label, program, agent, app):
    with example(program, 'haproxy-http.cfg', agent, app,
                 TRUESRC_RATE='5') as haproxy:
        statuses = [probe(haproxy, xff('203.0.113.9'), BALANCER).status
                    for _ in range(8)]
        tap(statuses == [200] * 5 + [429] * 3,
            f'{label}: a client has its share', statuses)
        tap(probe(haproxy, xff('203.0.113.10'), BALANCER).status == 200,
            f'{label}: and no share of another')


def main():
    with Agent(example_policy(), files=example_lists()) as agent, App() as app:
        for program in cells():
            label = program.name
            address = program.agent(agent)
            with example(program, 'haproxy-http.cfg', address,
                         app.address) as haproxy:
                check_version(label, haproxy)
                for case in CASES:
                    check_case(label, haproxy, case)
                check_table(label, haproxy)
                check_caps(label, haproxy)
                check_stripped(label, haproxy)
                check_keep_alive(label, haproxy)
                check_two_connections(label, haproxy)
                check_one_connection(label, haproxy)
            check_mapped(label, program, address, app.address)
            check_rate(label, program, address, app.address)
    done()


if __name__ == '__main__':
    main()
