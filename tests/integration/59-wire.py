#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""All that goes between HAProxy and the agent, listened to: every frame of the
agent is decoded by a strict reader and by HAProxy, and both have to read the
same; each question has one answer, on the connection that it came on."""

import ipaddress
import pathlib
import tempfile
import threading

from harness import Agent, done, tap
from matrix import LISTEN, cells
from proxy import App, HAProxy, xff
from relay import Relay

BALANCER = '127.0.0.1'

VARIABLES = ('ok', 'allowed', 'verdict', 'would_verdict', 'client_ip',
             'client_net', 'proven', 'trusted', 'source', 'hops', 'rule',
             'list', 'status', 'message', 'flags', 'generation')

POLICY = LISTEN + '''
lists: {drop: [203.0.113.64/26], balancers: [127.0.0.0/8]}
policies:
  default:
    trust: balancers
    sources: [{header: X-Forwarded-For}]
    mode: shadow
    rules:
      - {deny: drop, name: blocked, status: 403, message: "go away, äöü"}
    return: [allowed, verdict, client_ip, client_net, proven, trusted, source,
             hops, rule, list, status, message, flags, generation]
'''

SPOE = '''\
[truesrc]
spoe-agent truesrc
    groups all
    option var-prefix truesrc
    timeout hello 5s
    timeout idle 1m
    timeout processing 5s
    use-backend agents
spoe-message one
    args peer=fc_src src=src headers=req.hdrs_bin
spoe-group all
    messages one
'''

CONFIG = '''\
global
    stats socket "${{TRUESRC_STATS}}" mode 600 level admin
defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
frontend http
    bind "${{TRUESRC_BIND}}"
    filter spoe engine truesrc config "${{SPOE}}"
    http-request send-spoe-group truesrc all
{headers}
    default_backend app
backend app
    server app1 "${{TRUESRC_APP}}"
backend agents
    mode tcp
    option spop-check
    timeout connect 1s
    timeout server 3m
    server agent1 "${{TRUESRC_AGENT}}" check inter 1s
'''

# Each with a client of its own, so that the answer can be found again.
REQUESTS = ([xff(f'192.0.2.{n}') for n in range(20)] +
            [xff(f'203.0.113.{n}') for n in range(60, 70)] +
            [xff(f'2001:db8::{n}') for n in range(1, 10)] +
            [xff(f'198.51.100.{n}, 10.0.0.{n}, 127.0.0.9') for n in range(9)] +
            [xff(f'192.0.2.{200 + n}', '127.0.0.2') for n in range(9)])


def config(directory):
    (directory / 'spoe.conf').write_text(SPOE)
    headers = '\n'.join(
        f'    http-request set-header X-V-{name} %[var(txn.truesrc.{name})] '
        f'if {{ var(txn.truesrc.{name}) -m found }}' for name in VARIABLES)
    path = directory / 'haproxy.cfg'
    path.write_text(CONFIG.format(headers=headers))
    return path


def as_haproxy(value):
    """A value as HAProxy writes it into a header."""
    if isinstance(value, bool):
        return '1' if value else '0'
    if isinstance(value, str):
        return value.encode('utf-8', 'surrogateescape').decode('latin-1')
    return str(value)


def read_by_haproxy(response):
    return {name: response.header(f'X-V-{name}') for name in VARIABLES
            if response.received(f'X-V-{name}')}


def ask_all(haproxy):
    """What HAProxy read, by client address."""
    read = {}

    def run(requests):
        with haproxy.client(BALANCER) as client:
            for headers in requests:
                values = read_by_haproxy(client.get(headers))
                read[values.get('client_ip')] = values

    threads = [threading.Thread(target=run, args=(REQUESTS[n::4],))
               for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return read


def check(cell, agent, app, directory):
    label = cell.name
    path = directory / f'{cell.name}.sock' if cell.spop == 'unix' else None
    with Relay(cell.address(agent), path) as relay:
        with HAProxy(cell, directory / 'haproxy.cfg', env={
                'SPOE': str(directory / 'spoe.conf'),
                'TRUESRC_AGENT': relay.address,
                'TRUESRC_APP': app.address}) as haproxy:
            haproxy.wait_state('UP', backend='agents')
            read = ask_all(haproxy)
    faults = [fault for conversation in relay.conversations
              for fault in conversation.faults()]
    tap(not faults, f'{label}: every frame is strictly right', faults[:5])
    acks = [ack for conversation in relay.conversations
            for ack in conversation.acks()]
    tap(len(acks) == len(read) == len(REQUESTS),
        f'{label}: {len(acks)} answers', (len(acks), len(read)))
    meant = {as_haproxy(ack.get('client_ip')):
             {name: as_haproxy(value)
              for (_, name), value in ack.values.items()} for ack in acks}
    wrong = [(key, meant[key], read.get(key)) for key in meant
             if meant[key] != read.get(key)]
    tap(not wrong, f'{label}: HAProxy reads what we read', wrong[:2])
    tap(all(ipaddress.ip_address(key) for key in meant) and
        any(values['would_verdict'] == 'deny' and values['status'] == '403'
            for values in meant.values()),
        f'{label}: values of every type')


def main():
    with tempfile.TemporaryDirectory(prefix='truesrc-wire-') as name, \
            Agent(POLICY) as agent, App() as app:
        directory = pathlib.Path(name)
        config(directory)
        for cell in cells():
            check(cell, agent, app, directory)
    done()


if __name__ == '__main__':
    main()
