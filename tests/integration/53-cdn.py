#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""haproxy-cdn.cfg: when the CDN's header counts, and whether it goes on."""

from harness import Agent, done, tap
from matrix import cells
from proxy import App, example, example_lists, example_policy, probe, xff

BALANCER, STRANGER, CDN = '127.0.0.1', '127.0.0.50', '127.0.0.33'
EDGE = '192.0.2.130'            # an address of the CDN, behind a balancer
CLIENT = '203.0.113.9'
CF = 'cf-connecting-ip'
FORGED = 'headers-from-untrusted-peer'


def cf(address):
    return [('CF-Connecting-IP', address), ('CF-Ray', '7')]


# name, source, headers:
# status, client, proven, source, flags, does the CDN's header go on
CASES = [
    ('the CDN', CDN, cf(CLIENT), (200, CLIENT, '1', CF, '-', True)),
    ('the CDN, with its chain', CDN, cf(CLIENT) + xff(CLIENT),
     (200, CLIENT, '1', CF, '-', True)),
    ('the CDN, IPv6', CDN, cf('2001:db8:77::9'),
     (200, '2001:db8:77::9', '1', CF, '-', True)),
    ('the CDN behind a balancer', BALANCER,
     cf(CLIENT) + xff(f'{CLIENT}, {EDGE}'), (200, CLIENT, '1', CF, '-', True)),
    ('behind a balancer, not the CDN', BALANCER,
     cf('198.51.100.7') + xff('203.0.113.10'),
     (200, '203.0.113.10', '1', 'x-forwarded-for', '-', False)),
    ('behind a balancer, pretending a CDN', BALANCER,
     cf('198.51.100.7') + xff(f'{EDGE}, 203.0.113.10'),
     (200, '203.0.113.10', '1', 'x-forwarded-for', 'entries-left-of-client',
      False)),
    ('a stranger', STRANGER, cf('198.51.100.7'),
     (200, STRANGER, '1', 'peer', FORGED, False)),
    ('a stranger, pretending a CDN', STRANGER,
     cf('198.51.100.7') + xff(EDGE),
     (200, STRANGER, '1', 'peer', FORGED, False)),
    ('the CDN names a refused client', CDN, cf('203.0.113.66'),
     (403, '203.0.113.66', '1', CF, '-', False)),
]


def check_case(label, haproxy, case):
    name, source, headers, expected = case
    outcome = probe(haproxy, headers, source)
    answer = outcome.said
    went_on = bool(outcome.response.received('CF-Connecting-IP'))
    got = (outcome.status, answer.client_ip, answer.proven, answer.source,
           answer.flags, went_on) if answer else (outcome.status,)
    tap(got == expected, f'{label}: {name}',
        f'expected {expected}\n     got {got}\n{outcome.line}')
    tap(bool(outcome.response.received('CF-Ray')) == went_on,
        f'{label}: {name}: all headers of the CDN or none')


def check_caps(label, haproxy):
    two = [('CF-Connecting-IP', CLIENT)] * 2
    tap(probe(haproxy, two, CDN).status == 400,
        f'{label}: two lines of one address are refused')
    tap(probe(haproxy, cf('1' * 65), CDN).status == 400,
        f'{label}: so is a long one')
    outcome = probe(haproxy, [('CF_Connecting_IP', '198.51.100.7')], CDN)
    tap(outcome.status == 200 and outcome.said.source == 'peer' and
        not outcome.response.received('CF_Connecting_IP'),
        f'{label}: with underscores it is another header', outcome.line)


def main():
    with Agent(example_policy(), files=example_lists()) as agent, App() as app:
        for program in cells():
            with example(program, 'haproxy-cdn.cfg', program.agent(agent),
                         app.address) as haproxy:
                for case in CASES:
                    check_case(program.name, haproxy, case)
                check_caps(program.name, haproxy)
    done()


if __name__ == '__main__':
    main()
