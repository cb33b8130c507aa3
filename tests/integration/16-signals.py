#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How it ends: TERM, USR1, INT, twice, and kill -9."""

import signal
import threading
import time

from harness import Agent, SLOW, attempt, done, wait_until
from load import message
import spop
from spop import Closed, Disconnected, Peer

CONFIG = '''
threads: 2
limits: {drain-timeout: 2s, hello-timeout: 500ms}
policies:
  default: {return: [allowed]}
'''


class Reconnecting(threading.Thread):
    """As HAProxy: asks for ever; a DISCONNECT behind an answer is no loss."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address = address
        self.lost = []
        self.answers = 0
        self.stopping = False

    def run(self):
        while not self.stopping:
            try:
                with Peer(self.address, timeout=10) as peer:
                    peer.hello()
                    self.talk(peer)
            except (ConnectionRefusedError, FileNotFoundError):
                return      # gone, as it should be
            except (Disconnected, Closed):
                if self.asked:
                    self.lost.append('an answer')

    def talk(self, peer):
        number = 0
        while not self.stopping:
            self.asked = True
            number += 1
            peer.ask(number, 1, message())
            self.answers += 1
            self.asked = False
            time.sleep(0.001)
            if not peer.buffer:     # a DISCONNECT comes with the answer
                continue
            status, _ = peer.recv_disconnect()
            assert status == 0, status
            return


def ended(agent, seconds, least=0.0):
    began = time.monotonic()
    code = agent.wait(seconds + 3)
    passed = time.monotonic() - began
    assert code == 0, f'{code}\n{agent.log}'
    assert least - 0.1 <= passed <= seconds + SLOW, passed
    return passed


def nobody_there(number, seconds):
    with Agent(CONFIG) as agent:
        agent.signal(number)
        ended(agent, seconds)
        assert agent.events('totals'), agent.log


def term_under_load():
    """Each connection is closed behind an answer; nothing is lost."""
    with Agent(CONFIG) as agent:
        nodes = [Reconnecting(agent.address) for _ in range(4)]
        for node in nodes:
            node.start()
        wait_until(lambda: all(node.answers > 50 for node in nodes))
        agent.signal(signal.SIGTERM)
        ended(agent, 2.0, 0.3)
        for node in nodes:
            node.stopping = True
            node.join(10)
        lost = sum(len(node.lost) for node in nodes)
        # The very last exchange may meet the end itself.
        assert lost <= len(nodes), lost


def term_answers_then_disconnects():
    with Agent(CONFIG) as agent, Peer(agent.address) as peer:
        peer.hello()
        agent.signal(signal.SIGTERM)
        assert wait_until(lambda: agent.events('draining'))
        # A dialog that is open, and a new one, are served once more.
        peer.send_frame(*[spop.notify_frame(i, 1, message())
                          for i in range(10)])
        assert len(peer.recv_acks(10)) == 10
        assert peer.recv_disconnect()[0] == 0
        peer.expect_closed()
        with Peer(agent.address) as late:
            late.hello()
            late.ask(1, 1, message())
            assert late.recv_disconnect()[0] == 0
        peer.close()
        ended(agent, 1.0)


def term_refuses_checks():
    with Agent(CONFIG) as agent, Peer(agent.address) as holder:
        holder.hello()      # or it would be gone at once
        agent.signal(signal.SIGTERM)
        assert wait_until(lambda: agent.events('draining'))
        with Peer(agent.address) as peer:
            peer.send_frame(spop.hello_frame(healthcheck=True, engine_id=None,
                                             capabilities=''))
            assert peer.recv_disconnect()[0] == 0
            peer.expect_closed()
        holder.close()
        ended(agent, 1.0)


def term_idle():
    """Half the time passes, then idle connections are told."""
    with Agent(CONFIG) as agent, Peer(agent.address) as peer:
        peer.hello()
        began = time.monotonic()
        agent.signal(signal.SIGTERM)
        status, _ = peer.recv_disconnect()
        passed = time.monotonic() - began
        assert status == 0, status
        assert 0.9 <= passed <= 1.0 + SLOW, passed
        peer.close()
        ended(agent, 1.0)


def term_deadline():
    """A dialog that never comes to an end is ended."""
    with Agent(CONFIG) as agent, Peer(agent.address) as peer:
        peer.hello()
        frame = spop.notify_frame(1, 1, message()).encode()
        agent.signal(signal.SIGTERM)
        began = time.monotonic()
        peer.send(frame[:-1])       # neither idle nor at an answer's end
        status, _ = peer.recv_disconnect()
        assert status == 0, status
        assert 1.8 <= time.monotonic() - began <= 2.0 + SLOW
        ended(agent, 1.0)


def checks_do_not_count():
    """Connections without a dialog do not keep it from leaving."""
    with Agent(CONFIG) as agent, Peer(agent.address) as peer, \
            Peer(agent.address):
        peer.hello(healthcheck=True, capabilities='')
        agent.signal(signal.SIGTERM)
        ended(agent, 0.5, 0.3)


def soft_stop():
    """USR1: for as long as there is a dialog."""
    with Agent(CONFIG) as agent, Peer(agent.address) as peer:
        peer.hello()
        agent.signal(signal.SIGUSR1)
        peer.expect_silence(3.0)
        assert agent.process.poll() is None
        peer.ask(1, 1, message())
        assert peer.recv_disconnect()[0] == 0
        peer.close()
        ended(agent, 1.0)


def soft_stop_then_term():
    with Agent(CONFIG) as agent, Peer(agent.address) as peer:
        peer.hello()
        agent.signal(signal.SIGUSR1)
        peer.expect_silence(0.5)
        agent.signal(signal.SIGTERM)
        assert peer.recv_disconnect()[0] == 0
        peer.close()
        ended(agent, 2.0)


def twice(second):
    with Agent(CONFIG) as agent, Peer(agent.address) as peer:
        peer.hello()
        agent.signal(signal.SIGTERM)
        peer.expect_silence(0.2)
        agent.signal(second)
        ended(agent, 0.3)


def interrupt():
    with Agent(CONFIG) as agent, Peer(agent.address) as peer:
        peer.hello()
        agent.signal(signal.SIGINT)
        assert peer.recv_disconnect()[0] == 0
        ended(agent, 0.3)


def killed():
    """kill -9, and the same configuration serves again at once."""
    with Agent(CONFIG) as agent, Peer(agent.address) as peer:
        peer.hello()
        port = agent.port
        agent.write(f'listen: [{{address: "127.0.0.1:{port}"}}]\n' + CONFIG)
        agent.kill()
        try:
            peer.recv_frame()
            raise AssertionError('a frame')
        except Closed:
            pass
        began = time.monotonic()
        agent.start()
        assert time.monotonic() - began < 1.0 * SLOW
        assert agent.port == port
        with Peer(agent.address) as again:
            again.hello()
            again.ask(1, 1, message())


def interrupt_in_reload():
    """Even while a long list is being read."""
    lines = '\n'.join(f'10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}'
                      for i in range(1 << 20))
    with Agent(CONFIG, files={'long.txt': lines}) as agent:
        agent.write('lists: {long: {file: long.txt}}\n' + CONFIG +
                    '  other: {rules: [{allow: [long]}]}\n')
        agent.signal(signal.SIGHUP)
        time.sleep(0.1)
        agent.signal(signal.SIGINT)
        ended(agent, 1.5)


def died():
    """Dying inside has an exit code of its own."""
    with Agent(CONFIG) as agent:
        agent.signal(signal.SIGABRT)
        assert agent.wait() == 4, agent.process.returncode
        assert 'died inside' in agent.log


attempt('TERM, nobody there', nobody_there, signal.SIGTERM, 0.5)
attempt('USR1, nobody there', nobody_there, signal.SIGUSR1, 0.5)
attempt('INT, nobody there', nobody_there, signal.SIGINT, 0.3)
attempt('TERM under load', term_under_load)
attempt('TERM: answers, then DISCONNECT', term_answers_then_disconnects)
attempt('TERM: health checks are refused', term_refuses_checks)
attempt('TERM: idle connections at half the time', term_idle)
attempt('TERM: the rest at the end of it', term_deadline)
attempt('TERM: health checks are no dialogs', checks_do_not_count)
attempt('USR1: waits', soft_stop)
attempt('USR1, then TERM', soft_stop_then_term)
attempt('TERM twice', twice, signal.SIGTERM)
attempt('TERM, then INT', twice, signal.SIGINT)
attempt('INT', interrupt)
attempt('kill -9 and start again', killed)
attempt('INT in the middle of a reload', interrupt_in_reload)
attempt('dying inside', died)
done()
