# SPDX-License-Identifier: Apache-2.0
"""Which HAProxy, asked how, asks the agent how: the matrix that integration
tests run over.

    for cell in cells():
        with HAProxy(cell, ..., {'TRUESRC_AGENT': cell.agent(agent)}) as haproxy:
            haproxy.get(...)

A cell stands for its HAProxy's haproxies.Program.
"""

import itertools

from harness import SLOW
import haproxies

SPOP = ('tcp', 'unix')
HTTP = (1, 2)

# A "listen" for both kinds.
LISTEN = '\n'.join(('listen:', '  - address: 127.0.0.1:0',
                    '  - address: unix:{dir}/agent.sock', ''))


class Cell:
    def __init__(self, program, spop, http):
        self.program = program
        self.spop = spop
        self.http = http
        self.path = program.path
        self.version = program.version
        self.new_engine = program.new_engine
        self.name = f'{program.name} {spop} h{http}'

    def __repr__(self):
        return f'{self.program}, SPOP over {self.spop}, HTTP/{self.http}'

    def address(self, agent):
        """Of the agent's listener of that kind, as spop.Peer takes it."""
        return next(address for address in agent.addresses if
                    address.startswith('unix:') == (self.spop == 'unix'))

    def agent(self, agent):
        """The same as HAProxy takes it."""
        address = self.address(agent)
        return address.replace('unix:', 'unix@', 1)


def cells(spop=SPOP, http=HTTP):
    """All of them, for what is quick; under sanitizers, of each version two
    that differ in both kinds."""
    if SLOW > 1:
        return [cell for pair in zip(some_cells(), some_cells(other=True))
                for cell in pair if cell.spop in spop and cell.http in http]
    return [Cell(program, *kinds) for program in haproxies.find()
            for kinds in itertools.product(spop, http)]


def some_cells(other=False):
    """One cell a version, the kinds in turn, for what takes long; the other
    ones differ from these in both kinds."""
    kinds = [('tcp', 1), ('unix', 2), ('tcp', 2), ('unix', 1)]
    found = []
    for number, program in enumerate(haproxies.find()):
        spop, http = kinds[number % 4]
        if other:
            spop, http = 'unix' if spop == 'tcp' else 'tcp', 3 - http
        found.append(Cell(program, spop, http))
    return found
