#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The wall clock is put forward and back under a running agent: only the log
shows it. What waits ends when its time by the monotonic clock is over, what
has no deadline stays, and reloads, draining and pauses take no longer.

The monotonic clock leaps, as after the process was stopped, or a virtual
machine: what waits does not end for that, and what came in meanwhile counts.
"""

import datetime
import select
import signal
import socket
import threading
import time
from ipaddress import IPv4Address

from target import ALL, Agent, check_words, expect
from harness import SLOW, attempt, done, note, tap, wait_until
from page import Fault
import errno
import spop

SECOND = 1000000000
YEARS = 10 * 365 * 86400
STEPS = {'a second forward': 1, 'a second back': -1, 'an hour forward': 3600,
         'an hour back': -3600, 'ten years forward': YEARS,
         'ten years back': -YEARS}

LEAPS = {'a second': 1, 'an hour': 3600, 'ten years': YEARS}

HELLO, FRAME, DRAIN = 1.0, 1.5, 0.8
EARLY, LATE = 0.05, 1.0 * SLOW
LEAP = 0.2  # counts at most

CONFIG = '''
threads: 2
limits: {hello-timeout: 1s, frame-timeout: 1500ms, drain-timeout: 800ms}
log: {level: info}
policies:
  default: {return: [allowed, generation]}
  long: {return: [allowed],
         forward: {X-Forwarded-Host: {trusted: own, untrusted: own}}}
'''

PEER = ('peer', IPv4Address('198.51.100.7'))
QUESTION = [('check', [PEER])]
LONG = [('check', [PEER, ('policy', 'long'), ('host', 'h' * 15000)])]


def new_agent():
    agent = Agent(CONFIG, {'conf.d/20-none.yaml': 'lists: {}\n'}, ALL)
    agent.start()
    return agent


class Waiting:
    """A connection that is to end at its time: began + seconds."""

    def __init__(self, agent, seconds, early=EARLY):
        self.peer = spop.Peer(agent.address, timeout=20)
        self.seconds = seconds
        self.early = early
        self.began = time.monotonic()
        self.ended = None

    def fileno(self):
        return self.peer.sock.fileno()

    def check(self, name, early=0.0):
        expect(self.ended is not None, name, 'lives for ever')
        lasted = self.ended - self.began
        expect(self.seconds - self.early - early <= lasted <= self.seconds + LATE,
               f'{name} lasted {lasted:.2f} s, not {self.seconds}')
        self.peer.close()


def silent(agent):
    return Waiting(agent, HELLO)


def halted(agent):
    """Part of a frame."""
    waiting = Waiting(agent, FRAME)
    waiting.peer.hello()
    waiting.began = time.monotonic()
    waiting.peer.send(spop.notify_frame(1, 1, QUESTION).encode()[:9])
    return waiting


def choked(agent):
    """Asks and does not read; hangs up, and no more, when it is over: a
    while is left to it for what is under way. What the agent has no more
    room for is still taken by its socket."""
    waiting = Waiting(agent, FRAME + 0.5, 1.0)
    sock = waiting.peer.sock
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    waiting.peer.hello()
    data = spop.notify_frame(1, 1, LONG).encode()
    sock.setblocking(False)
    stuck = 0
    while stuck < 4:
        try:
            data = data[sock.send(data):] or \
                spop.notify_frame(1, 1, LONG).encode()
            stuck = 0
            waiting.began = time.monotonic()
        except BlockingIOError:
            stuck += 1
            time.sleep(0.02)
    return waiting


def wait_for(agents, until):
    """Notes when each of them has ended."""
    poll = select.poll()
    waiting = {each.fileno(): each for each in agents}
    for fileno, each in waiting.items():
        poll.register(fileno, 0 if each.seconds > FRAME else select.POLLIN)
    while waiting and time.monotonic() < until:
        for fileno, _ in poll.poll(20):
            waiting.pop(fileno).ended = time.monotonic()
            poll.unregister(fileno)


def greeted(agent):
    peer = spop.Peer(agent.address, timeout=20)
    peer.hello()
    return peer


def ask(peer):
    began = time.monotonic()
    ack = peer.ask(1, 1, QUESTION)
    expect(ack.get('allowed') is True, ack)
    expect(time.monotonic() - began < LATE, 'an answer took long')
    return ack.get('generation')


def check_log(agent, step):
    """Its last line tells the time as it was set."""
    text = agent.events('reload')[-1]['time']
    told = datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))
    wanted = time.time() + step
    expect(abs(told.timestamp() - wanted) < 20, 'the log says', text)


def step_while_waiting(step):
    agent = new_agent()
    try:
        idle = [greeted(agent) for _ in range(20)]
        ends = [make(agent) for make in (choked, halted, silent)
                for _ in range(4)]
        time.sleep(0.2)
        agent.page.set('step', step * SECOND)
        wait_for(ends, time.monotonic() + FRAME + 0.5 + 2 * LATE)
        for each in ends:
            each.check(f'one of {each.seconds} s')
        for peer in idle:
            ask(peer)
            peer.close()
        began = time.monotonic()
        expect(agent.reload()['result'] == 'ok')
        expect(ask(greeted(agent)) == 2, 'the old configuration')
        expect(time.monotonic() - began < LATE, 'the reload took long')
        check_log(agent, step)
        agent.end()
    finally:
        agent.remove()


def leap_while_waiting(leap):
    agent = new_agent()
    try:
        idle = [greeted(agent) for _ in range(20)]
        ends = [make(agent) for make in (choked, halted, silent)
                for _ in range(4)]
        time.sleep(0.2)
        agent.page.set('leap', leap * SECOND)
        wait_for(ends, time.monotonic() + FRAME + 0.5 + 2 * LATE)
        for each in ends:
            each.check(f'one of {each.seconds} s', LEAP)
        for peer in idle:
            ask(peer)
            peer.close()
        expect(agent.reload()['result'] == 'ok')
        expect(ask(greeted(agent)) == 2, 'the old configuration')
        agent.end()
    finally:
        agent.remove()


def stopped(seconds):
    """The process is stopped for longer than all deadlines. Whoever sends
    meanwhile what was waited for is served."""
    hello = spop.hello_frame().encode()
    question = spop.notify_frame(1, 1, QUESTION).encode()
    agent = new_agent()
    try:
        greeting = [spop.Peer(agent.address, timeout=20) for _ in range(300)]
        asking = [greeted(agent) for _ in range(300)]
        for peer in greeting:
            peer.send(hello[:20])
        for peer in asking:
            peer.send(question[:20])
        time.sleep(0.3)
        agent.signal(signal.SIGSTOP)
        time.sleep(seconds)
        for peer in greeting:
            peer.send(hello[20:])
        for peer in asking:
            peer.send(question[20:])
        agent.signal(signal.SIGCONT)
        for peer in greeting:
            spop.decode_agent_hello(peer.recv_frame())
        for peer in asking:
            expect(peer.recv_ack().get('allowed') is True)
        for peer in greeting + asking:
            peer.close()
        agent.end()
    finally:
        agent.remove()


def step_while_draining(step):
    agent = new_agent()
    try:
        idle = [greeted(agent) for _ in range(5)]
        late = halted(agent)
        began = time.monotonic()
        agent.signal(signal.SIGTERM)
        time.sleep(0.1)
        agent.page.set('step', step * SECOND)
        for peer in idle:
            expect(peer.recv_disconnect()[0] == 0, 'no good end')
        lasted = time.monotonic() - began
        expect(DRAIN / 2 - EARLY <= lasted <= DRAIN / 2 + LATE,
               f'ended after {lasted:.2f} s')
        expect(agent.wait(10) == 0, agent.log)
        lasted = time.monotonic() - began
        expect(DRAIN - EARLY <= lasted <= DRAIN + LATE,
               f'gone after {lasted:.2f} s')
        check_words(agent.log)
        late.peer.close()
    finally:
        agent.remove()


def step_while_pausing(step):
    """Nothing is accepted for want of descriptors; then there are some."""
    agent = new_agent()
    try:
        agent.page.arm(Fault(['accept4'], error=errno.EMFILE))
        waiting = silent(agent)
        expect(wait_until(lambda: agent.page.strikes > 0, 5))
        agent.page.set('step', step * SECOND)
        began = time.monotonic()
        agent.page.disarm()
        waiting.peer.hello()
        ask(waiting.peer)
        expect(time.monotonic() - began < 0.5 + LATE, 'the pause lasts')
        expect(len(agent.events('accept-pause')) <= 3, agent.log)
        waiting.peer.close()
        agent.end()
    finally:
        agent.remove()


def steps_under_load(_):
    """There and back all the time."""
    agent = new_agent()
    try:
        peers = [greeted(agent) for _ in range(5)]
        for at, step in enumerate(list(STEPS.values()) * 20):
            agent.page.set('step', step * SECOND)
            ask(peers[at % len(peers)])
            time.sleep(0.01)
        began = time.monotonic()
        ends = [silent(agent), halted(agent)]
        while time.monotonic() < began + FRAME + LATE:
            for step in STEPS.values():
                agent.page.set('step', step * SECOND)
                wait_for([each for each in ends if each.ended is None],
                         time.monotonic() + 0.03)
        for each in ends:
            each.check(f'one of {each.seconds} s')
        agent.end()
    finally:
        agent.remove()


def run_all(tests):
    """At the same time: they wait most of it."""
    errors = {}

    def run(name, action, argument):
        try:
            action(argument)
        except Exception as error:  # told by the test
            errors[name] = error

    threads = [threading.Thread(target=run, args=test) for test in tests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, _, _ in tests:
        tap(name not in errors, name,
            f'{type(errors.get(name)).__name__}: {errors.get(name)}')


def main():
    began = time.monotonic()
    for what, action in (('what waits', step_while_waiting),
                         ('draining', step_while_draining),
                         ('a pause of accepting', step_while_pausing)):
        run_all([(f'{what}: the clock goes {name}', action, step)
                 for name, step in STEPS.items()])
    run_all([(f'what waits: the monotonic clock leaps {name}',
              leap_while_waiting, leap) for name, leap in LEAPS.items()])
    attempt('the clock jumps under load', steps_under_load, 0)
    attempt('the process is stopped', stopped, 2 * FRAME)
    note(f'{time.monotonic() - began:.0f} s')
    done()


if __name__ == '__main__':
    main()
