# SPDX-License-Identifier: Apache-2.0
"""The control socket, for tests: as truesrcctl and as bare bytes."""

import ipaddress
import json
import os
import socket
import subprocess
import time

from harness import BUILD, SLOW

CTL = BUILD / 'truesrcctl'

CONFIG = '''
control: {socket: "{dir}/control.sock", mode: "0600"}
state-directory: "{dir}/state"
lists:
  office: [198.51.100.0/24]
  drop: {file: drop.txt}
  manual: {dynamic: true}
policies:
  default:
    return: [allowed, verdict, client_ip, list]
    rules: [{allow: [office]}, {deny: [drop, manual]}]
  admin:
    mode: shadow
    sources: [{header: X-Forwarded-For}, {header: X-Real-IP}]
    rules: [{allow: [office], name: staff}]
    default: deny
'''
FILES = {'drop.txt': '192.0.2.0/25\n2001:db8:bad::/48\n'}


def path_of(agent):
    return str(agent.directory / 'control.sock')


class Control:
    """A connection: lines out, answers in."""

    def __init__(self, agent, buffer=None):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10 * SLOW)
        if buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.sock.connect(path_of(agent))
        self.buffer = b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def read(self):
        """One answer without the empty line that ends it; EOFError."""
        data = bytearray(self.buffer)
        seen = 0
        while not data.startswith(b'\n') and data.find(b'\n\n', seen) < 0:
            seen = max(len(data) - 1, 0)
            more = self.sock.recv(1 << 16)
            if not more:
                raise EOFError(bytes(data))
            data += more
        text, _, self.buffer = (b'', b'', data[1:]) \
            if data.startswith(b'\n') else data.partition(b'\n\n')
        return text.decode()

    def ask(self, line):
        self.send(line + '\n')
        return self.read()

    def json(self, line):
        return json.loads(self.ask('json ' + line))

    def ended(self):
        """Everything until the agent closes."""
        data, self.buffer = self.buffer, b''
        try:
            while True:
                more = self.sock.recv(1 << 16)
                if not more:
                    break
                data += more
        except ConnectionResetError:
            pass
        return data.decode()


def ctl(agent, *words, stdin='', user=None):
    """truesrcctl's exit code, output and errors."""
    command = [str(CTL), '-s', path_of(agent), *words]
    if user is not None:
        command = ['setpriv', f'--reuid={user}', f'--regid={user}',
                   '--clear-groups', *command]
    result = subprocess.run(command, input=stdin, capture_output=True,
                            text=True, timeout=30 * SLOW)
    return result.returncode, result.stdout, result.stderr


def asked(peer, address):
    """The ACK for a client of that address."""
    asked.number += 1
    return peer.ask(asked.number, 1,
                    [('req', [('peer', ipaddress.ip_address(address))])])


asked.number = 0


def allowed(peer, address):
    return asked(peer, address).get('allowed')


def may_switch_user():
    return os.geteuid() == 0 and any(
        os.access(f'{place}/setpriv', os.X_OK) for place in
        os.environ.get('PATH', '').split(':'))


def seconds_of(action):
    began = time.monotonic()
    action()
    return time.monotonic() - began
