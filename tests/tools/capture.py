#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes down what each HAProxy says to an agent, for the tests that take
frames apart: tests/captures/haproxy-VERSION.txt.

    capture.py [DIRECTORY]

A line is a frame in hexadecimal, its length in front; an empty line ends a
connection. The traffic is made here, on loopback, with addresses that are set
apart for documentation; an engine-id is replaced by a fixed one.
"""

import pathlib
import re
import signal
import socket
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / 'integration'))

from harness import Agent  # noqa: E402
from proxy import (App, Client, HAProxy, haproxies, proxy_v1,  # noqa: E402
                   proxy_v2, xff)
from relay import Relay  # noqa: E402
import spop  # noqa: E402

POLICY = '''
limits: {fragments: 64k}
policies: {default: {trust: any, return: [allowed]}}
'''

SHIPPED = ('peer=fc_src src=src proxied=fc_rcvd_proxy '
           'h.x-forwarded-for.count=req.fhdr_cnt(x-forwarded-for) '
           'h.x-forwarded-for=req.fhdr(x-forwarded-for,-1) '
           'h.x-forwarded-for.2=req.fhdr(x-forwarded-for,-2) '
           'h.x-forwarded-for.3=req.fhdr(x-forwarded-for,-3) '
           'h.x-forwarded-for.4=req.fhdr(x-forwarded-for,-4)')
TYPES = ('peer=fc_src method=method path=path n=int(300) big=int(4294967296) '
         'below=int(-5) yes=bool(true) no=bool(false) none=var(txn.nope) '
         'raw=req.hdrs_bin text=req.hdrs none2=req.fhdr(x-none)')
UNNAMED = 'src method fc_rcvd_proxy'

# group: its messages; message: its arguments
GROUPS = {'shipped': ['request'], 'types': ['types'], 'unnamed': ['unnamed'],
          'three': ['one', 'two', 'bare'],
          'long': ['long']}
MESSAGES = {'request': SHIPPED, 'types': TYPES, 'unnamed': UNNAMED,
            'one': 'peer=fc_src', 'two': 'src=src port=dst_port',
            'bare': None, 'long': 'peer=fc_src x=req.fhdr(x-long)'}

SPOE_HEAD = '''\
[{name}]
spoe-agent {name}
    groups {groups}
    {events}
    option var-prefix truesrc
    option set-on-error failed
    option continue-on-error
    {options}
    timeout hello 5s
    timeout idle {idle}
    timeout processing 5s
    use-backend agents
'''

CONFIG = '''\
global
    stats socket "${TRUESRC_STATS}" mode 600 level admin
    nbthread 1
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend http
    bind "${TRUESRC_BIND}"
    bind "${TRUESRC_BIND_PROXY}" accept-proxy
    bind "${TRUESRC_BIND_MAPPED}"
    filter spoe engine all config "${DIR}/all.conf"
    filter spoe engine alone config "${DIR}/alone.conf"
    filter spoe engine small config "${DIR}/small.conf"
    http-request send-spoe-group all shipped if { path_beg /shipped }
    http-request send-spoe-group all types if { path_beg /types }
    http-request send-spoe-group all unnamed if { path_beg /unnamed }
    http-request send-spoe-group all three if { path_beg /three }
    http-request send-spoe-group all long if { path_beg /long }
    http-request send-spoe-group all shipped if { path_beg /twice }
    http-request send-spoe-group all three if { path_beg /twice }
    http-request send-spoe-group alone shipped if { path_beg /alone }
    http-request send-spoe-group small types if { path_beg /small }
    default_backend app
frontend plain
    mode tcp
    bind "${TRUESRC_BIND_TCP}"
    filter spoe engine all config "${DIR}/all.conf"
    tcp-request content send-spoe-group all three
    default_backend app
backend app
    server app1 "${TRUESRC_APP}"
backend agents
    mode tcp
    option spop-check
    timeout connect 1s
    timeout server 3m
    server agent1 "${TRUESRC_AGENT}" check inter 300s
'''


def spoe(name, options='', idle='1m'):
    text = SPOE_HEAD.format(
        name=name, groups=' '.join(GROUPS), options=options, idle=idle,
        events='messages evented' if name == 'all' else '')
    for message, arguments in MESSAGES.items():
        text += f'spoe-message {message}\n'
        text += f'    args {arguments}\n' if arguments else ''
    if name == 'all':
        text += ('spoe-message evented\n    args peer=fc_src ok=bool(true)\n'
                 '    event on-frontend-http-request if { path_beg /event }\n')
    for group, messages in GROUPS.items():
        text += f'spoe-group {group}\n    messages {" ".join(messages)}\n'
    return text


def start(program, directory, agent, app):
    (directory / 'all.conf').write_text(spoe('all'))
    (directory / 'alone.conf').write_text(
        spoe('alone', 'no option pipelining', '500ms'))
    (directory / 'small.conf').write_text(
        spoe('small', 'max-frame-size 400'))
    (directory / 'haproxy.cfg').write_text(CONFIG)
    return HAProxy(program, directory / 'haproxy.cfg', {
        'TRUESRC_BIND': '127.0.0.1', 'TRUESRC_BIND_PROXY': '127.0.0.1',
        'TRUESRC_BIND_MAPPED': '::ffff:127.0.0.1',
        'TRUESRC_BIND_TCP': '127.0.0.1'}, {
            'DIR': str(directory), 'TRUESRC_AGENT': agent,
            'TRUESRC_APP': app})


def ask(haproxy, target, headers=(), bind='TRUESRC_BIND', proxy=b''):
    with Client(('127.0.0.1', haproxy.port(bind)), None, proxy) as client:
        client.get(headers, target)


def all_requests(haproxy):
    for lines in range(6):
        ask(haproxy, '/shipped', xff(*[f'203.0.113.{n}, 192.0.2.1'
                                       for n in range(lines)]))
    for headers in (xff(''), xff(' , '), xff('203.0.113.9' * 30),
                    xff('\x00\xff\x01'), [('x_forwarded_for', '9.9.9.9')],
                    xff('[2001:db8::1]:443'), [('Forwarded', 'for=_x')]):
        ask(haproxy, '/shipped', headers)
    for proxy in (proxy_v1('203.0.113.9'), proxy_v2('2001:db8::9'),
                  proxy_v2('::ffff:203.0.113.9'), proxy_v2(None),
                  proxy_v1(None)):
        ask(haproxy, '/shipped', xff('192.0.2.1'), 'TRUESRC_BIND_PROXY', proxy)
    ask(haproxy, '/shipped', xff('192.0.2.1'), 'TRUESRC_BIND_MAPPED')
    for number in range(4):
        ask(haproxy, '/types/' + 'x' * number,
            [(f'X-{n}', 'v' * n) for n in range(number * 3)])
    for target in ('/unnamed', '/three', '/twice', '/event', '/none'):
        ask(haproxy, target)
        ask(haproxy, target, bind='TRUESRC_BIND_PROXY',
            proxy=proxy_v2('2001:db8::9'))
    for size in (0, 1, 239, 240, 255, 256, 2287, 2288):
        ask(haproxy, '/long', [('X-Long', 'l' * size)])


def more_requests(haproxy):
    """One connection kept, another in TCP, small frames, no pipelining."""
    with Client(haproxy.address()) as client:
        for number in range(5):
            client.get(xff(f'203.0.113.{number}'), '/shipped')
    with socket.create_connection(haproxy.address('TRUESRC_BIND_TCP')) as sock:
        sock.sendall(b'GET / HTTP/1.1\r\nHost: app.example\r\n\r\n')
        sock.recv(1000)
    for number in range(3):
        ask(haproxy, '/alone', xff(f'203.0.113.{number}'))
    for size in (1, 100, 500, 1500):
        ask(haproxy, '/small', [('X-Small', 's' * size)])
    time.sleep(1.5)     # until the idle ones are closed


def capture(program, agent, app):
    with tempfile.TemporaryDirectory() as directory, \
            Relay(agent.address) as relay:
        with start(program, pathlib.Path(directory), relay.address,
                   app.address) as haproxy:
            haproxy.wait_state('UP', backend='agents')
            all_requests(haproxy)
            more_requests(haproxy)
            haproxy.process.send_signal(signal.SIGUSR1)
            haproxy.process.wait(20)
    return relay.conversations


def anonymous(frame):
    data = frame.encode()
    return re.sub(rb'(engine-id\x08\x24).{36}',
                  lambda found: found[1] + spop.ENGINE_ID.encode(), data,
                  flags=re.DOTALL)


def main():
    directory = pathlib.Path(sys.argv[1] if len(sys.argv) > 1
                             else HERE.parent / 'captures')
    directory.mkdir(exist_ok=True)
    with Agent(POLICY) as agent, App() as app:
        for program in haproxies.find():
            conversations = capture(program, agent, app)
            faults = [fault for conversation in conversations
                      for fault in conversation.faults()]
            if faults:
                sys.exit(f'{program}: {faults}')
            lines = [f'# {program}']
            for conversation in conversations:
                frames = conversation.asked()
                lines += [anonymous(frame).hex() for frame in frames] + ['']
            path = directory / f'haproxy-{program.name}.txt'
            path.write_text('\n'.join(lines))
            print(f'{path}: {sum(map(bool, lines)) - 1} frames, '
                  f'{len(conversations)} connections')


if __name__ == '__main__':
    main()
