#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What failing calls have once brought to light, each by its name."""

import errno
import os
import subprocess
import tempfile

import crowd
import spop
from page import Fault
from scenarios import NOTHING, Check, Explain, ExplainJson, serve_once
from target import (ALL, LIBRARIES, OWN, Agent, Wrong, check_death, expect,
                    programs)
from harness import attempt, done, wait_until


def with_agent(whose, test):
    agent = Agent(crowd.config(), crowd.FILES, whose)
    try:
        agent.start()
        test(agent)
        agent.end()
    finally:
        agent.remove()


def strikes(agent, fault):
    agent.page.arm(fault)
    return lambda: expect(wait_until(lambda: agent.page.strikes > 0, 5),
                          fault, 'was not reached')


def once(call, error, number=1):
    return Fault([call], number, number, error)


def expect_not_started(whose, fault):
    """Ends with 3, and the log says why."""
    agent = Agent(crowd.config(), crowd.FILES, whose)
    try:
        agent.page.arm(fault)
        agent.launch()
        code = agent.wait(5)
        check_death(code, agent.log)
        expect(agent.page.strikes > 0, 'was not reached')
        expect(code == 3 and agent.events('not-started'), code, agent.log)
    finally:
        agent.remove()


# ---- what the system does not watch ----


def listener_not_watched_again(agent):
    """After a pause a listener was refused by epoll, and deaf from then on."""
    reached = strikes(agent, once('accept4', errno.EMFILE))
    address = f'127.0.0.1:{agent.tcp_ports()[0]}'
    with spop.Peer(address) as waiting:
        reached()
        reached = strikes(agent, once('epoll_ctl', errno.ENOSPC))
        reached()
        waiting.hello()
        serve_once(address)
        serve_once(agent.local)
    reasons = [event['reason'] for event in agent.events('accept-pause')]
    expect('a listener cannot be watched' in reasons or len(reasons) == 1,
           reasons)


def connection_not_watched(agent):
    """It was neither heard nor closed."""
    address = f'127.0.0.1:{agent.tcp_ports()[0]}'
    serve_once(address)
    reached = strikes(agent, once('epoll_ctl', errno.ENOMEM))
    with spop.Peer(address) as refused:
        reached()
        refused.expect_closed(2)
    serve_once(address)


def wakes_not_watched():
    """A thread that is never woken did not keep the agent from starting."""
    for number in (1, 2, 3, 4, 5):
        expect_not_started(LIBRARIES,
                           once('epoll_ctl', errno.ENOSPC, number))


def no_descriptor_for_a_wake():
    """libev ended the process where there was no eventfd."""
    for number in (1, 2, 3, 4):
        expect_not_started(OWN, once('eventfd', errno.EMFILE, number))


# ---- memory ----


def no_memory_for_a_moment(agent):
    """libev ends the process when it gets no memory: now it waits for it."""
    address = f'127.0.0.1:{agent.tcp_ports()[0]}'
    serve_once(address)
    agent.page.arm(Fault(['realloc'], 1, 5, errno.ENOMEM))
    clients = crowd.play(agent.tcp_ports()[0], crowd.PARTS * 10)
    expect(agent.page.strikes > 0, 'was not reached')
    expect(all(client.lost is None for client in clients), 'lost')
    serve_once(address)


def no_memory_for_options():
    """That is no wrong use."""
    check = Check(OWN)
    try:
        code, _, errors = check.run(once('calloc', errno.ENOMEM))
        expect(code == 3 and errors == 'truesrc: out of memory\n', code,
               errors)
    finally:
        check.close()


def no_memory_for_words():
    """Errors that could not be kept left nothing but an exit code; warnings
    that could not be found were missing without a word."""
    check = Check(OWN)
    try:
        code, _, errors = check.run(Fault(['malloc'], 1, error=errno.ENOMEM))
        expect(code == 1 and 'error: out of memory' in errors, code, errors)
        silent = []
        for number in range(1, 40):
            result = check.run(once('calloc', errno.ENOMEM, number))
            if result[0] == 0 and result != check.good and \
                    'out of memory' not in result[2] and \
                    set(result[2].splitlines()) != \
                    set(check.good[2].splitlines()):
                silent.append(number)
        expect(not silent, 'calloc', silent)
    finally:
        check.close()


def no_memory_to_explain():
    """A key was missing, or a header was not seen; a line that could not be
    read was the end of the input; and once nothing was said at all."""
    explain = ExplainJson(ALL)
    wrong = []
    try:
        count = explain.play(NOTHING)['malloc']
        for number in range(1, count + 1):
            try:
                explain.play(once('malloc', errno.ENOMEM, number))
            except Wrong as error:
                wrong.append(f'malloc {number}: {error}')
        expect(count > 50 and not wrong, count, *wrong[:3])
    finally:
        explain.close()
    explain = Explain(OWN)
    try:
        code, _, errors = explain.run(once('calloc', errno.ENOMEM, 24))
        expect(code != 0 and 'out of memory' in errors, code, errors)
    finally:
        explain.close()


# ---- the output ----


def full_output():
    """-dC to a device that is full is no success."""
    with tempfile.NamedTemporaryFile('w', suffix='.yaml') as config, \
            open('/dev/full', 'wb') as full:
        config.write('policies: {default: {}}\n')
        config.flush()
        done = subprocess.run(
            [programs(LIBRARIES) / 'truesrc', '-c', '-dC', '-f', config.name],
            stdout=full, stderr=subprocess.PIPE, check=False,
            env={**os.environ, 'LC_ALL': 'C'})
        expect(done.returncode == 3 and b'No space left' in done.stderr,
               done.returncode, done.stderr)


attempt('a listener that is not watched again', with_agent, ALL,
        listener_not_watched_again)
attempt('a connection that is not watched', with_agent, ALL,
        connection_not_watched)
attempt('threads that cannot be woken', wakes_not_watched)
attempt('no descriptor for a wake', no_descriptor_for_a_wake)
attempt('no memory for a moment', with_agent, OWN, no_memory_for_a_moment)
attempt('no memory for the options', no_memory_for_options)
attempt('no memory for what is to be said', no_memory_for_words)
attempt('no memory to explain', no_memory_to_explain)
attempt('a full output', full_output)
done()
