#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The policy language through a real HAProxy: each format, each pick, PROXY, a
CDN behind a balancer, Kong's forward rules, a source that is an argument."""

import pathlib
import re
import tempfile

from harness import Agent, done, tap
from matrix import LISTEN, cells
from proxy import App, HAProxy, probe, proxy_v2, said, xff

BALANCER, STRANGER = '127.0.0.1', '127.0.0.50'
CLIENT = '203.0.113.9'

POLICIES = LISTEN + '''\
lists:
  balancers: [127.0.0.1, 10.0.0.0/24]
  edge: [192.0.2.0/24]
policies:
  default: {trust: balancers, sources: [{header: X-Forwarded-For}]}
  single: {trust: balancers, sources: [{header: X-Real-IP, from: balancers}]}
  forwarded: {trust: balancers, sources: [{header: Forwarded}]}
  addr-port: {trust: balancers, sources: [{header: CloudFront-Viewer-Address,
              format: addr-port, from: balancers}]}
  proxied: {trust: balancers, proxy: ignore, sources: [{format: proxy}]}
  proxy: {trust: balancers, sources: [{header: X-Forwarded-For}]}
  hops: {trust: balancers, sources: [{header: X-Forwarded-For, pick: hops,
         hops: 2, verify: edge}]}
  leftmost: {trust: balancers, sources: [{header: X-Forwarded-For,
             pick: leftmost, skip: private}]}
  cdn: {trust: [balancers, edge], sources: [{header: CF-Connecting-IP,
        from: edge}, {header: X-Forwarded-For}]}
  argument: {trust: balancers, sources: [{argument: ip}]}
  kong:
    like: kong
    trust: balancers
    forward:
      X-Forwarded-For: {trusted: append, untrusted: append}
      X-Forwarded-Proto: {trusted: pass, untrusted: own}
      X-Forwarded-Host: {trusted: pass, untrusted: own}
      X-Forwarded-Port: {trusted: pass, untrusted: own}
      X-Forwarded-Path: {trusted: pass, untrusted: own}
      X-Forwarded-Prefix: {trusted: pass, untrusted: strip}
'''
RETURN = 'return: [allowed, verdict, client_ip, proven, source, rule, flags]'

HAPROXY = '''\
global
    log stdout format raw local0 info
    stats socket "${{TRUESRC_STATS}}" mode 600 level admin
defaults
    mode http
    log global
    log-format "%ci:%cp [%tr] %ST truesrc=[%[var(txn.truesrc.verdict)]|%[var(txn.truesrc.client_ip)]|proven=%[var(txn.truesrc.proven)]|%[var(txn.truesrc.source)]|%[var(txn.truesrc.rule)]|%[var(txn.truesrc.flags)]] %{{+Q}}r"
    timeout connect 1s
    timeout client 30s
    timeout server 30s
frontend http
    bind "${{TRUESRC_BIND}}" {proto}
    bind "${{TRUESRC_BIND_PROXY}}" accept-proxy {proto}
    filter spoe engine truesrc config {spoe}
    http-request send-spoe-group truesrc check
    http-request deny deny_status 503 unless {{ var(txn.truesrc.allowed) -m bool }}
{forward}
    default_backend app
backend app
    server app1 "${{TRUESRC_APP}}"
backend truesrc
    mode tcp
    option spop-check
    timeout connect 500ms
    timeout server 3m
    server agent1 "${{TRUESRC_AGENT}}" check inter 1s
'''

SPOE = '''\
[truesrc]
spoe-agent truesrc
    groups check
    option var-prefix truesrc
    option set-on-error failed
    option continue-on-error
    no option async
    timeout hello 5s
    timeout idle 1m
    timeout processing 5s
    log global
    option dontlog-normal
    use-backend truesrc
spoe-message request
    args policy=req.fhdr(x-policy) peer=fc_src src=src proxied=fc_rcvd_proxy headers=req.hdrs_bin ip=url_param(ip) scheme=str(https) host=req.hdr(host) port=dst_port path=path
spoe-group check
    messages request
'''

FORWARDED = {'for': 'X-Forwarded-For', 'proto': 'X-Forwarded-Proto',
             'host': 'X-Forwarded-Host', 'port': 'X-Forwarded-Port',
             'path': 'X-Forwarded-Path', 'prefix': 'X-Forwarded-Prefix'}

# policy, name, source, headers: client, proven, source, flags
CASES = [
    ('default', 'list', BALANCER, xff(f'9.9.9.9, {CLIENT}', '10.0.0.7'),
     (CLIENT, '1', 'x-forwarded-for', 'entries-left-of-client,several-lines')),
    ('default', 'six lines, all sent at once', BALANCER,
     xff(CLIENT, *[f'10.0.0.{n}' for n in range(5)]),
     (CLIENT, '1', 'x-forwarded-for', 'several-lines')),
    ('single', 'single', BALANCER, [('X-Real-IP', CLIENT)],
     (CLIENT, '1', 'x-real-ip', '-')),
    ('single', 'single, twice', BALANCER,
     [('X-Real-IP', CLIENT), ('X-Real-IP', '9.9.9.9')],
     (BALANCER, '0', 'peer',
      'invalid-entry,several-lines,answer-is-a-proxy')),
    ('forwarded', 'forwarded', BALANCER,
     [('Forwarded', f'for=9.9.9.9;by=", for="{CLIENT}:4711";proto=https,'
       ' for=10.0.0.9')],
     (CLIENT, '1', 'forwarded', 'entries-left-of-client')),
    ('forwarded', 'forwarded, IPv6', BALANCER,
     [('Forwarded', 'for="[2001:db8:77::9]:443"')],
     ('2001:db8:77::9', '1', 'forwarded', '-')),
    ('addr-port', 'addr-port, IPv6', BALANCER,
     [('CloudFront-Viewer-Address', '2001:db8:77::9:9985')],
     ('2001:db8:77::9', '1', 'cloudfront-viewer-address', '-')),
    ('hops', 'hops, verified', BALANCER, xff(f'{CLIENT}, 192.0.2.7'),
     (CLIENT, '1', 'x-forwarded-for', '-')),
    ('hops', 'hops, one left out', BALANCER, xff(f'9.9.9.9, {CLIENT}'),
     (BALANCER, '0', 'peer', 'unexpected-hop,answer-is-a-proxy')),
    ('leftmost', 'leftmost', BALANCER, xff(f'10.1.2.3, {CLIENT}, 10.0.0.1'),
     (CLIENT, '0', 'x-forwarded-for', 'leftmost-is-spoofable')),
    ('cdn', 'a CDN behind a balancer', BALANCER,
     [('CF-Connecting-IP', CLIENT)] + xff(f'{CLIENT}, 192.0.2.130'),
     (CLIENT, '1', 'cf-connecting-ip', '-')),
    ('cdn', 'its header without it', BALANCER,
     [('CF-Connecting-IP', '9.9.9.9')] + xff(CLIENT),
     (CLIENT, '1', 'x-forwarded-for', '-')),
    ('argument', 'no argument', BALANCER, [],
     (BALANCER, '0', 'peer', 'answer-is-a-proxy')),
    ('default', 'a stranger', STRANGER, xff(CLIENT),
     (STRANGER, '1', 'peer', 'headers-from-untrusted-peer')),
]

# policy, name, source, PROXY header: client, proven, source, flags
PROXIED = [
    ('proxied', 'format proxy', BALANCER, proxy_v2(CLIENT),
     (CLIENT, '1', 'proxy', '-')),
    ('proxy', 'PROXY of a trusted sender', BALANCER, proxy_v2(CLIENT),
     (CLIENT, '1', 'proxy', '-')),
    ('proxy', 'PROXY of a stranger', STRANGER, proxy_v2(CLIENT),
     (STRANGER, '1', 'peer', 'proxy-from-untrusted-peer')),
]

INCOMING = [('X-Forwarded-Proto', 'gopher'), ('X-Forwarded-Host', 'evil'),
            ('X-Forwarded-Port', '1'), ('X-Forwarded-Path', '/in'),
            ('X-Forwarded-Prefix', '/pre')] + xff('9.9.9.9', CLIENT)


def told(outcome):
    answer = outcome.said
    return answer and (answer.client_ip, answer.proven, answer.source,
                       answer.flags)


def check(label, haproxy, case, **more):
    policy, name, source, headers, expected = case
    headers = [('X-Policy', policy)] + headers
    outcome = probe(haproxy, headers, source, **more)
    tap(told(outcome) == expected, f'{label}: {name}',
        f'expected {expected}\n     got {told(outcome)}\n{outcome.line}')


def forwarded(haproxy, source):
    outcome = probe(haproxy, [('X-Policy', 'kong')] + INCOMING, source)
    return {word: outcome.response.header(name)
            for word, name in FORWARDED.items()}, outcome


def check_kong(label, haproxy):
    """A trusted peer's fields go on, a stranger's are replaced."""
    got, _ = forwarded(haproxy, BALANCER)
    tap(got == {'for': f'9.9.9.9, {CLIENT}, {BALANCER}', 'proto': 'gopher',
                'host': 'evil', 'port': '1', 'path': '/in', 'prefix': '/pre'},
        f"{label}: Kong's rules for a trusted peer", got)
    got, outcome = forwarded(haproxy, STRANGER)
    path = re.search(r'/probe-\d+', outcome.line)[0]
    tap(got == {'for': f'9.9.9.9, {CLIENT}, {STRANGER}', 'proto': 'https',
                'host': 'app.example', 'port': str(haproxy.port()),
                'path': path, 'prefix': None},
        f"{label}: Kong's rules for a stranger", got)


def check_argument(label, haproxy):
    with_argument = [('X-Policy', 'argument')]
    with haproxy.client(BALANCER) as client:
        client.get(with_argument, f'/argument?ip={CLIENT}')
    answer = said(haproxy.logged(re.escape('/argument?ip=')))
    tap(answer and answer.client_ip == CLIENT and answer.source == 'ip',
        f'{label}: a query parameter', answer)


def configuration(directory, proto):
    """The HAProxy file, its SPOE file beside it; proto: what a bind takes."""
    spoe = directory / 'spoe.conf'
    spoe.write_text(SPOE)
    forward = '\n'.join(
        f'    http-request del-header {name}\n'
        f'    http-request set-header {name} %[var(txn.truesrc.fwd_{word})]'
        f' if {{ var(txn.truesrc.fwd_{word}) -m found }}'
        for word, name in FORWARDED.items())
    config = directory / f'haproxy{len(proto)}.cfg'
    config.write_text(HAPROXY.format(spoe=spoe, forward=forward, proto=proto))
    return config


def policies():
    """Every policy says all that the log shows."""
    text = POLICIES.replace('trust: balancers, ',
                            f'{RETURN}, trust: balancers, ')
    text = text.replace('cdn: {trust', f'cdn: {{{RETURN}, trust')
    return text.replace('    like: kong', f'    {RETURN}\n    like: kong')


def check_all(program, agent, app, config):
    binds = {'TRUESRC_BIND': '127.0.0.1', 'TRUESRC_BIND_PROXY': '127.0.0.1'}
    with HAProxy(program, config, binds,
                 {'TRUESRC_AGENT': program.agent(agent),
                  'TRUESRC_APP': app.address}) as haproxy:
        for case in CASES:
            check(program.name, haproxy, case)
        for policy, name, source, proxy, expected in PROXIED:
            check(program.name, haproxy, (policy, name, source, [], expected),
                  proxy=proxy, bind='TRUESRC_BIND_PROXY')
        check_argument(program.name, haproxy)
        check_kong(program.name, haproxy)


def main():
    with tempfile.TemporaryDirectory(prefix='truesrc-vocabulary-') as name:
        configs = {1: configuration(pathlib.Path(name), ''),
                   2: configuration(pathlib.Path(name), 'proto h2')}
        with Agent(policies()) as agent, App() as app:
            for program in cells():
                check_all(program, agent, app, configs[program.http])
    done()


if __name__ == '__main__':
    main()
