#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Headers of every size that matters, up to what HAProxy takes and beyond: no
request reaches the backend without an answer of the agent, and what it reaches
it with is right. The backend itself is the witness."""

import pathlib
import tempfile

from harness import Agent, done, note, tap
from matrix import LISTEN, cells
from proxy import (App, HAProxy, example, example_lists, example_policy, xff)

BALANCER, CLIENT = '127.0.0.1', '203.0.113.9'
BUFFER = 16384              # tune.bufsize
HEADERS_MAX = BUFFER - 1024     # tune.maxrewrite

SPOE = '''\
[big]
spoe-agent big
    groups all
    option var-prefix truesrc
    no option async
    no option send-frag-payload
    timeout hello 2s
    timeout idle 1m
    timeout processing 2s
    use-backend agents
spoe-message big
    args one=req.hdrs_bin peer=fc_src src=src h.x-forwarded-for.count=req.fhdr_cnt(x-forwarded-for) h.x-forwarded-for=req.fhdr(x-forwarded-for,-1) two=req.hdrs_bin
spoe-group all
    messages big
'''

CONFIG = '''\
global
    tune.bufsize {buffer}
    stats socket "${{TRUESRC_STATS}}" mode 600 level admin
defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
frontend http
    bind "${{TRUESRC_BIND}}"
    filter spoe engine big config "${{SPOE}}"
    http-request send-spoe-group big all
    http-request deny deny_status 503 unless {{ var(txn.truesrc.ok) -m bool }}
    http-request del-header X-Filler
    http-request set-header X-Real-IP %[var(txn.truesrc.client_ip)]
    http-request set-header X-Client-Proven %[var(txn.truesrc.proven)]
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

POLICY = LISTEN + '''
limits: {fragments: 0, frame-size: 128k}
policies:
  default:
    trust: [127.0.0.1]
    sources: [{header: X-Forwarded-For}]
    return: [allowed, client_ip, proven]
'''


class Witness(App):
    """Keeps the requests that came through, by the number in X-Number."""

    def __init__(self):
        self.came = {}
        super().__init__()

    def notice(self, headers):
        seen = {name.lower(): value for name, value in headers}
        self.came[seen.get('x-number')] = (seen.get('x-real-ip'),
                                           seen.get('x-client-proven'))


class Trial:
    """Requests to one HAProxy, and what became of them."""

    def __init__(self, haproxy, app):
        self.haproxy = haproxy
        self.app = app
        self.count = 0
        self.passed = 0
        self.wrong = []

    def ask(self, headers, expected=(CLIENT, '1')):
        """True when it came through. expected: client and proven then."""
        self.count += 1
        number = f'{id(self)}-{self.count}'
        try:
            with self.haproxy.client(BALANCER) as client:
                status = client.get([('X-Number', number), *headers]).status
        except (ConnectionError, ValueError):
            status = 'closed'
        came = self.app.came.pop(number, None)
        if (came is not None) != (status == 200):
            self.wrong.append((self.count, status, came))
        elif came is not None and came != expected:
            self.wrong.append((self.count, status, came))
        elif came is None and status not in (400, 431, 503, 'closed',
                                             'reset'):
            self.wrong.append((self.count, status, came))
        self.passed += came is not None
        return came is not None

    def verdict(self, name, passing=True):
        good = not self.wrong and (self.passed > 0) == passing
        tap(good and self.passed < self.count,
            f'{name}: {self.passed} of {self.count} came through, all of '
            'them answered', self.wrong[:5])


def around(*places, reach=12):
    return sorted({size for place in places
                   for size in range(place - reach, place + reach + 1)
                   if size > 0})


def of_size(size):
    """An X-Forwarded-For of so many bytes, and what is to come of it."""
    if size < len(CLIENT) + 2:
        return 'x' * size, (BALANCER, '0')
    return f'{"y" * (size - len(CLIENT) - 2)}, {CLIENT}', (CLIENT, '1')


def largest(trial, limit, name):
    """Size of that header that comes through, by halves."""
    low, high = 1, limit
    while high - low > 1:
        middle = (low + high) // 2
        if trial.ask([*xff(CLIENT), (name, 'f' * middle)]):
            low = middle
        else:
            high = middle
    return low


SIZES = sorted({*range(1, 40), *range(40, 2600, 97), *range(2600, 17000, 401),
                *around(239, 2000, 2287), *around(4096, 8192, reach=3),
                *around(HEADERS_MAX, BUFFER, reach=25)})


def check_shipped(cell, agent, app):
    """The caps refuse before anybody is asked."""
    with example(cell, 'haproxy-http.cfg', cell.agent(agent), app.address,
                 TRUESRC_RATE='1000000') as haproxy:
        haproxy.wait_state('UP')
        lines, cookies, names = (Trial(haproxy, app) for _ in range(3))
        for size in SIZES:
            value, expected = of_size(size)
            if lines.ask(xff(value), expected) != (size <= 2000):
                lines.wrong.append(f'{size} bytes')
            # As four lines, the last of them with the client.
            lines.ask(xff(*['127.0.0.1,' * (size // 40)] * 3, CLIENT),
                      (CLIENT, '1'))
        for size in (*range(13000, HEADERS_MAX, 113),
                     *around(largest(cookies, BUFFER, 'Cookie'), reach=25),
                     *around(HEADERS_MAX, BUFFER, reach=150)[::7]):
            cookies.ask([('Cookie', 'c' * size), *xff(CLIENT)])
            cookies.ask([*xff(CLIENT), ('Cookie', 'c' * (size - 60))])
        for count in (1, 50, 90, *range(92, 110), 200, 1000):
            names.ask([*[(f'X-{n}', '') for n in range(count)], *xff(CLIENT)])
        lines.verdict(f'{cell.name}: X-Forwarded-For from 1 byte on')
        cookies.verdict(f'{cell.name}: cookies up to the buffer')
        names.verdict(f'{cell.name}: up to 1000 headers')


def check_twice(cell, agent, app, directory, buffer):
    """Every header twice in the frame, and no caps: what does not fit is not
    asked, and does not come through."""
    config = directory / f'{buffer}.cfg'
    config.write_text(CONFIG.format(buffer=buffer))
    with HAProxy(cell, config, env={
            'SPOE': str(directory / 'spoe.conf'),
            'TRUESRC_AGENT': cell.agent(agent),
            'TRUESRC_APP': app.address}) as haproxy:
        haproxy.wait_state('UP', backend='agents')
        trial = Trial(haproxy, app)
        edge = largest(trial, buffer, 'X-Filler')
        for size in [*around(edge, reach=20), *around(239, 2287, reach=2),
                     *around(buffer - 1024, buffer, reach=8),
                     *range(1, buffer + 2000, buffer // 40)]:
            came = trial.ask([*xff(CLIENT), ('X-Filler', 'f' * size)])
            if came != (size <= edge):
                trial.wrong.append(f'{size} bytes, the edge is {edge}')
        # A frame is what the buffer holds, but for 4 bytes and a header of 32;
        # all headers are in it twice.
        if not 0 <= buffer - 36 - 2 * edge < 700:
            trial.wrong.append(f'the edge is {edge}')
        trial.verdict(f'{cell.name}: headers twice, a buffer of {buffer}')
        note(f'{cell.name}: {edge} bytes come through')


def main():
    with tempfile.TemporaryDirectory(prefix='truesrc-sizes-') as name, \
            Agent(example_policy(), files=example_lists()) as shipped, \
            Agent(POLICY) as agent, Witness() as app:
        directory = pathlib.Path(name)
        (directory / 'spoe.conf').write_text(SPOE)
        for cell in cells():
            check_shipped(cell, shipped, app)
            check_twice(cell, agent, app, directory, BUFFER)
            check_twice(cell, agent, app, directory, 4 * BUFFER)
    done()


if __name__ == '__main__':
    main()
