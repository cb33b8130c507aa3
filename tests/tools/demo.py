#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shows what truesrc does: starts it with the shipped policy and a real
HAProxy with the shipped files, on loopback, and sends requests as good and bad
proxies would.

    demo.py [--stay] BUILD_DIR

Ends with 0 when every answer is as it should be. --stay leaves all of it
running and says how to stop it.
"""

import argparse
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / 'integration')]

import haproxies  # noqa: E402  (found by the path above)
import proxy  # noqa: E402
from proxy import EXAMPLES, proxy_v1, proxy_v2, xff  # noqa: E402

BALANCER, STRANGER, CDN = '127.0.0.1', '127.0.0.50', '127.0.0.33'
PORTS = {'agent': 9000, 'app': 8081, 'haproxy-http.cfg': 8080,
         'haproxy-proxy-protocol.cfg': 8084, 'haproxy-cdn.cfg': 8086}


class Row:
    """A request, and what has to become of it."""

    def __init__(self, name, file, source, sends, status, client, verdict,
                 proven=True, flags='', headers=(), header=b'', key=None):
        self.name = name
        self.file = file            # which HAProxy is asked
        self.source = source
        self.sends = sends          # the same, to read
        self.headers = headers
        self.header = header        # PROXY protocol
        backend = client if status == 200 else '-'
        if key is None:
            key = client if proven and status == 200 else '-'
        self.expected = (str(status), client, verdict,
                         {True: 'yes', False: 'no', None: '-'}[proven],
                         flags or '-', backend, key)


def http(name, source, lines, *rest, **more):
    """X-Forwarded-For alone, to haproxy-http.cfg."""
    sends = f'XFF: {" / ".join(lines)}' if lines else '-'
    if len(lines) > 4:
        sends = f'XFF: {len(lines)} lines'
    return Row(name, 'haproxy-http.cfg', source, sends, *rest,
               headers=xff(*lines), **more)


def proxied(name, source, version, address, *rest, **more):
    header = (proxy_v1 if version == 1 else proxy_v2)(address)
    return Row(name, 'haproxy-proxy-protocol.cfg', source,
               f'PROXY v{version}: {address}', *rest, header=header, **more)


def cdn(name, source, address, lines, *rest, **more):
    sends = f'CF: {address}'
    if lines:
        sends += f', XFF: {" / ".join(lines)}'
    return Row(name, 'haproxy-cdn.cfg', source, sends, *rest,
               headers=[('CF-Connecting-IP', address), *xff(*lines)], **more)


MAPPED = 'IPv4-mapped'

ROWS = [
    http('direct', STRANGER, [], 200, STRANGER, 'allow'),
    http('trusted proxy', BALANCER, ['203.0.113.9'],
         200, '203.0.113.9', 'allow'),
    http('two of them', BALANCER, ['203.0.113.9, 127.0.0.2'],
         200, '203.0.113.9', 'allow'),
    http('forged by a stranger', STRANGER, ['198.51.100.7'],
         200, STRANGER, 'allow', flags='headers-from-untrusted-peer'),
    http('forged entry on the left', BALANCER, ['198.51.100.7, 203.0.113.9'],
         200, '203.0.113.9', 'allow', flags='entries-left-of-client'),
    http('two header lines', BALANCER, ['203.0.113.9', '127.0.0.2'],
         200, '203.0.113.9', 'allow', flags='several-lines'),
    http('forged line on top', BALANCER, ['198.51.100.7', '203.0.113.9'],
         200, '203.0.113.9', 'allow',
         flags='entries-left-of-client,several-lines'),
    http('IPv4-mapped entry', BALANCER, ['::ffff:203.0.113.9'],
         200, '203.0.113.9', 'allow'),
    Row('IPv4-mapped peer', MAPPED, BALANCER, 'XFF: 203.0.113.9',
        200, '203.0.113.9', 'allow', headers=xff('203.0.113.9')),
    http('IPv6 client', BALANCER, ['2001:db8:7::9'],
         200, '2001:db8:7::9', 'allow', key='2001:db8:7::'),
    http('no address', BALANCER, ['203.0.113.9, unknown'],
         200, BALANCER, 'allow', False,
         flags='invalid-entry,answer-is-a-proxy'),
    http('denied address', BALANCER, ['203.0.113.66'],
         403, '203.0.113.66', 'deny'),
    http('allowed address', BALANCER, ['198.51.100.7'],
         200, '198.51.100.7', 'allow'),
    http('five header lines', BALANCER, ['203.0.113.9'] * 5,
         400, '-', '-', None),
    proxied('PROXY, trusted sender', BALANCER, 1, '203.0.113.9',
            200, '203.0.113.9', 'allow'),
    proxied('PROXY, denied address', BALANCER, 2, '203.0.113.66',
            403, '203.0.113.66', 'deny'),
    proxied('PROXY, untrusted sender', STRANGER, 2, '198.51.100.7',
            200, STRANGER, 'allow', flags='proxy-from-untrusted-peer'),
    cdn('CDN', CDN, '203.0.113.9', [], 200, '203.0.113.9', 'allow'),
    cdn('CDN behind a balancer', BALANCER, '203.0.113.9',
        ['192.0.2.130'], 200, '203.0.113.9', 'allow'),
    cdn("CDN's header, forged", STRANGER, '198.51.100.7', [],
        200, STRANGER, 'allow', flags='headers-from-untrusted-peer'),
]


# ---- what is started ----


def preferred(host, port):
    """A listening socket there, or else on a port of the kernel's choice."""
    try:
        return proxy.listener(host, port)
    except OSError:
        return proxy.listener(host)


def port_is_free(port):
    try:
        proxy.listener('127.0.0.1', port).close()
        return True
    except OSError:
        return False


class Demo:
    def __init__(self, build):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix='truesrc-demo-'))
        self.program = build / 'truesrc'
        self.haproxy = None         # the Program
        self.agent = None
        self.agent_address = None
        self.app = None
        self.app_address = None
        self.proxies = {}

    def spawn(self, name, words, fds=()):
        with open(self.directory / f'{name}.log', 'wb') as log:
            return subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=fds, start_new_session=True)

    def start(self):
        self.haproxy = haproxies.installed()
        if self.haproxy is None:
            raise RuntimeError('no haproxy is installed (make deps)')
        if not os.access(self.program, os.X_OK):
            raise RuntimeError(f'{self.program} is missing (make)')
        self.start_agent()
        self.start_app()
        for file in sorted({row.file for row in ROWS} - {MAPPED}):
            self.start_proxy(file, file, '127.0.0.1', PORTS[file])
        try:
            self.start_proxy(MAPPED, 'haproxy-http.cfg', '::ffff:127.0.0.1', 0)
        except OSError:
            pass                    # no IPv6 here
        for haproxy in self.proxies.values():
            if not haproxy.wait_state('UP'):
                raise RuntimeError('HAProxy does not find truesrc up:\n' +
                                   haproxy.log)

    def start_agent(self):
        port, config = PORTS['agent'], EXAMPLES / 'truesrc.yaml'
        if not port_is_free(port):
            sock, port = proxy.unused_port()
            sock.close()
            print(f'Port {PORTS["agent"]} is taken; truesrc gets {port}.')
            shutil.copytree(EXAMPLES / 'lists', self.directory / 'lists')
            config = self.directory / 'truesrc.yaml'
            config.write_text(proxy.example_policy(f'127.0.0.1:{port}'))
        self.agent_address = f'127.0.0.1:{port}'
        self.agent = self.spawn('truesrc', [self.program, '-f', config])
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(('127.0.0.1', port), 1).close()
                return
            except OSError:
                if self.agent.poll() is not None or time.monotonic() > end:
                    raise RuntimeError('truesrc did not start:\n' + (
                        self.directory / 'truesrc.log').read_text()) from None
                time.sleep(0.02)

    def start_app(self):
        sock = preferred('127.0.0.1', PORTS['app'])
        sock.listen(64)
        self.app_address = '127.0.0.1:%d' % sock.getsockname()[1]
        self.app = self.spawn('app', [
            '/usr/bin/python3', __file__, '--app', str(sock.fileno())],
            [sock.fileno()])
        sock.close()

    def start_proxy(self, name, file, host, port):
        haproxy = proxy.example(self.haproxy, file, self.agent_address,
                                self.app_address,
                                {'TRUESRC_BIND': preferred(host, port),
                                 'TRUESRC_BIND_MIXED': '127.0.0.1'},
                                self.directory)
        self.proxies[name] = haproxy
        haproxy.start()

    def processes(self):
        """(name, process, address) of those that may stay."""
        yield 'truesrc', self.agent, self.agent_address
        yield 'backend', self.app, self.app_address
        for name, haproxy in self.proxies.items():
            yield name, haproxy.process, '127.0.0.1:%d' % haproxy.port()

    def stop(self):
        for haproxy in self.proxies.values():
            haproxy.stop()
        for process in (self.app, self.agent):
            if process is None:
                continue
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


# ---- the table ----


def key_of(haproxy):
    """The key that the last request was counted under."""
    keys = haproxy.keys()
    return keys[0].replace('::ffff:', '') if len(keys) == 1 else (
        ','.join(keys) or '-')


def ask(haproxy, row):
    haproxy.command('clear table clients')
    address = ('127.0.0.1', haproxy.port())
    outcome = proxy.probe(haproxy, row.headers, row.source, row.header,
                          address=address)
    said = outcome.said or proxy.Said(*['-'] * 6)
    backend = outcome.response.header('X-Forwarded-For')
    proven = {'1': 'yes', '0': 'no'}.get(said.proven, said.proven)
    return (str(outcome.status), said.client_ip, said.verdict, proven,
            said.flags, str(backend or '-'), key_of(haproxy))


WIDTHS = (24, 10, 33, 13, 7, 6, 6, 13, 13)
LINE = ('{:<%d} {:<%d} {:<%d}  {:<%d} {:<%d} {:<%d}  {:<%d} {:<%d} {:<%d}' %
        WIDTHS)
INDENT = ' ' * (sum(WIDTHS[:3]) + 4)


def print_line(*cells):
    print(LINE.format(*cells).rstrip())


def print_head():
    print_line('', '', '', 'truesrc says', '', '', 'HAProxy', '', '')
    print_line('case', 'from', 'sends', 'client', 'verdict', 'proven',
               'status', 'backend gets', 'counted as')
    print_line(*('-' * width for width in WIDTHS))


def show(row, got):
    status, client, verdict, proven, flags, backend, key = got
    print_line(row.name, row.source, row.sends, client, verdict, proven,
               status, backend, key)
    if flags != '-':
        print(f'{INDENT}{flags}')
    if got != row.expected:
        print('    NOT AS EXPECTED: ' + ', '.join(row.expected))
        print('         instead of: ' + ', '.join(got))


def run_rows(demo):
    """How many went wrong."""
    wrong = 0
    print_head()
    for row in ROWS:
        if row.file not in demo.proxies:
            print(f'{row.name:<25} left out: this machine has no IPv6')
            continue
        got = ask(demo.proxies[row.file], row)
        show(row, got)
        wrong += got != row.expected
    print('\nXFF is X-Forwarded-For, with "/" between its lines, CF is '
          'CF-Connecting-IP. "backend gets" is\nX-Forwarded-For as it is '
          'passed on, "counted as" the key in the stick table. Flags stand '
          'below.')
    return wrong


def print_running(demo):
    if MAPPED in demo.proxies:
        demo.proxies.pop(MAPPED).stop()
    print('\nLeft running:')
    pids = []
    for name, process, address in demo.processes():
        print(f'  {name:<27} pid {process.pid:<8} {address}')
        pids.append(str(process.pid))
    print(f'\nLogs:  {demo.directory}/truesrc.log')
    for name, haproxy in demo.proxies.items():
        print(f'       {haproxy.log_path}  ({name})')
    url = 'http://127.0.0.1:%d/' % demo.proxies['haproxy-http.cfg'].port()
    header = "curl -H 'X-Forwarded-For: 203.0.113.9'"
    print(f'Try:   {header} {url}\n'
          f'       {header} --interface {STRANGER} {url}\n'
          f'Stop:  kill {" ".join(pids)}; rm -r {demo.directory}')


def serve_app(descriptor):
    """The backend, as a process of its own."""
    with proxy.App(socket.socket(fileno=descriptor)):
        signal.pause()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--stay', action='store_true')
    parser.add_argument('--app', type=int, help=argparse.SUPPRESS)
    parser.add_argument('build', nargs='?', default='build/release',
                        type=pathlib.Path)
    options = parser.parse_args()
    if options.app is not None:
        return serve_app(options.app)
    demo = Demo(options.build.resolve())
    stay = False
    try:
        demo.start()
        print(f'{demo.haproxy}, truesrc at {demo.agent_address}; '
              f'{BALANCER} and 127.0.0.2 are trusted, {CDN} is a CDN, '
              f'{STRANGER} is nobody.\n')
        wrong = run_rows(demo)
        if wrong:
            print(f'\n{wrong} of {len(ROWS)} are not as expected.')
        else:
            print('\nAll as expected.')
        if options.stay:
            print_running(demo)
            stay = True
        return 1 if wrong else 0
    except (RuntimeError, OSError) as error:
        print(f'demo: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if not stay:
            demo.stop()


if __name__ == '__main__':
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())
