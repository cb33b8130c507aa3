#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Questions too big for a frame. Up to 3.0 HAProxy cuts them in pieces unless
told not to; from 3.1 on it does not ask at all, and the gate stays shut."""

import pathlib
import tempfile
import threading

from harness import Agent, done, tap
from matrix import LISTEN, cells
from proxy import App, HAProxy, xff

BALANCER = '127.0.0.1'

POLICY = LISTEN + '''\
policies:
  default:
    trust: [127.0.0.1, 127.0.0.2]
    sources: [{header: X-Forwarded-For, limit: 500}]
    return: [allowed, verdict, client_ip, proven, flags]
'''

# Every header line three times over: once to be read, twice to be unknown.
SPOE = '''\
[big]
spoe-agent big
    groups all
    option var-prefix truesrc
    option set-on-error failed
    timeout hello 2s
    timeout idle 1m
    timeout processing 5s
    use-backend agents
spoe-message big
    args one=req.hdrs_bin peer=fc_src src=src h.x-forwarded-for.count=req.fhdr_cnt(x-forwarded-for) h.x-forwarded-for=req.fhdr(x-forwarded-for,-1) h.x-forwarded-for.2=req.fhdr(x-forwarded-for,-2) h.x-forwarded-for.3=req.fhdr(x-forwarded-for,-3) h.x-forwarded-for.4=req.fhdr(x-forwarded-for,-4) two=req.hdrs_bin
spoe-group all
    messages big
'''

CONFIG = '''\
global
    stats socket "${TRUESRC_STATS}" mode 600 level admin
defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
frontend http
    bind "${TRUESRC_BIND}"
    filter spoe engine big config "${SPOE}"
    http-request send-spoe-group big all
    http-request deny deny_status 503 unless { var(txn.truesrc.ok) -m bool }
    http-request set-header X-Real-IP %[var(txn.truesrc.client_ip)]
    http-request set-header X-Client-Proven %[var(txn.truesrc.proven)]
    default_backend app
backend app
    server app1 "${TRUESRC_APP}"
backend agents
    mode tcp
    option spop-check
    timeout connect 1s
    timeout server 3m
    server agent1 "${TRUESRC_AGENT}" check inter 1s
'''


def chain(size, client):
    """About size bytes of chain in four lines that begin with the client."""
    hop = '0000:0000:0000:0000:0000:ffff:7f00:0002'
    line = ', '.join([hop] * (size // 4 // (len(hop) + 2)))
    return xff(f'192.0.2.1, {client}, {line}', line, line, line)


def start(program, directory, agent, app):
    (directory / 'spoe.conf').write_text(SPOE)
    (directory / 'haproxy.cfg').write_text(CONFIG)
    return HAProxy(program, directory / 'haproxy.cfg', env={
        'SPOE': str(directory / 'spoe.conf'), 'TRUESRC_AGENT': agent,
        'TRUESRC_APP': app})


def ask(haproxy, size, client):
    with haproxy.client(BALANCER) as connection:
        response = connection.get(chain(size, client))
        return (response.status, response.header('X-Real-IP'),
                response.header('X-Client-Proven'))


def check_sizes(label, haproxy, new_engine):
    for size in (400, 3000, 6000, 9000, 14000):
        # With one copy to read and two more, over three times the size.
        fits = size * 3 < 14000
        got = ask(haproxy, size, '203.0.113.9')
        if fits or not new_engine:
            want = (200, '203.0.113.9', '1')
        else:
            want = (503, None, None)
        tap(got == want, f'{label}: {size} bytes of header', got)


def check_mixed(label, haproxy):
    """Big and small ones at once, from several clients."""
    wrong = []

    def run(number):
        for turn in range(12):
            client = f'203.0.113.{number * 12 + turn}'
            got = ask(haproxy, (400, 14000)[(turn + number) % 2], client)
            if got != (200, client, '1'):
                wrong.append((client, got))

    threads = [threading.Thread(target=run, args=(number,))
               for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap(not wrong, f'{label}: pieces do not mix', wrong[:5])


def check_shut(label, program, directory, app):
    """Fragments that were not agreed on are not sent: shut, not open."""
    with Agent('limits: {fragments: 0}\n' + POLICY) as agent, \
            start(program, directory, program.agent(agent), app) as haproxy:
        haproxy.wait_state('UP', backend='agents')
        tap(ask(haproxy, 400, '203.0.113.9')[0] == 200,
            f'{label}: without fragments, what fits')
        if program.new_engine:
            tap(ask(haproxy, 14000, '203.0.113.9')[0] == 503,
                f'{label}: without fragments, what does not')


def main():
    with tempfile.TemporaryDirectory() as directory, \
            Agent(POLICY) as agent, App() as app:
        directory = pathlib.Path(directory)
        for program in cells():
            label = program.name
            with start(program, directory, program.agent(agent),
                       app.address) as haproxy:
                haproxy.wait_state('UP', backend='agents')
                check_sizes(label, haproxy, program.new_engine)
                if not program.new_engine:
                    check_mixed(label, haproxy)
                state = haproxy.server_state('agents')
                tap(state == ('UP', 'L7OK'),
                    f'{label}: the agent is still up', state)
            check_shut(label, program, directory, app.address)
    done()


if __name__ == '__main__':
    main()
