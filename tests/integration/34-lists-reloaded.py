#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reloads that make something else of a list, or bring one back."""

import time

from control import Control, allowed
from harness import Agent, SLOW, attempt, done, wait_until
from spop import Peer

CONFIG = '''
control: {socket: "{dir}/control.sock", mode: "0600"}
state-directory: "{dir}/state"
lists:
  drop: DROP
  kept: {dynamic: true}
MANUALpolicies:
  default:
    return: [allowed]
    rules: [{deny: [drop, kept]}]
'''


def config(drop, manual=False):
    text = CONFIG.replace('DROP', drop)
    text = text.replace('MANUAL', '  manual: {dynamic: true}\n'
                        if manual else '')
    return text.replace('[drop, kept]', '[drop, kept, manual]') \
        if manual else text


def file_that_becomes_inline():
    """Touched in the same moment: nobody looks for a file that is none."""
    for turn in range(5):
        with Agent(config('{file: drop.txt}'),
                   files={'drop.txt': '192.0.2.1\n'}) as agent:
            agent.write_file('drop.txt', '192.0.2.2\n')
            time.sleep(0.03 * turn * SLOW)
            agent.reload(config('[192.0.2.3]'))
            time.sleep(0.7 * SLOW)
            with Peer(agent.address) as peer:
                peer.hello()
                assert allowed(peer, '192.0.2.3') is False
                assert allowed(peer, '192.0.2.2') is True
            assert agent.stop() == 0, agent.log


def entries_that_come_back():
    """They end, though nobody added one since."""
    with Agent(config('[192.0.2.1]', True)) as agent:
        control = Control(agent)
        control.ask(f'add list manual 198.51.100.7 for {3 * SLOW}s')
        assert agent.reload(config('[192.0.2.1]'))['result'] == 'ok'
        agent.stop()
        agent.write(config('[192.0.2.1]'))
        agent.start()
        agent.reload(config('[192.0.2.1]', True))
        with Peer(agent.address) as peer:
            peer.hello()
            assert wait_until(lambda: allowed(peer, '198.51.100.7'),
                              8 * SLOW)


attempt('a touched file that becomes inline', file_that_becomes_inline)
attempt('entries of a list that comes back end', entries_that_come_back)
done()
