# SPDX-License-Identifier: Apache-2.0
"""What is done while calls fail, and what must hold then.

play(fault) of a scenario does it once and raises when anything went wrong. It
gives what was counted: {call: times}, of the calls that a fault can reach.
"""

import json
import os
import shutil
import signal
import socket
import tempfile
import time

import crowd
import harness
import spop
from crowd import ALLOWED, FILES, NO_POLICY, OTHER, check_answer, config, denied
from page import Fault
from target import Agent, Wrong, check_death, expect, new_page, run

NOTHING = Fault(last=0)

# What the log is written with: it may be silent then.
LOG_CALLS = ('write', 'send', 'poll')
MESSAGES = ('truesrc: ', 'truesrcctl: ', 'error: ', 'event=not-started',
            'out of memory')


def added(before, after):
    return {call: after[call] - before[call] for call in after
            if after[call] > before[call]}


def concerns(fault, calls):
    return bool(set(fault.calls + fault.cut) & set(calls))


def ask_once(peer, request):
    """Gives the generation that answered."""
    return check_answer(peer.ask(1, 1, [('check', request[0])]), request[1])


def serve_once(address, rule='blocked', seconds=5):
    """A new connection gets its answers; the generation of all of them."""
    with spop.Peer(address, timeout=seconds * harness.SLOW) as peer:
        peer.hello()
        generations = {ask_once(peer, request) for request in
                       (denied(rule), ALLOWED, OTHER, NO_POLICY)}
    generations.discard(None)
    expect(len(generations) == 1, 'generations', generations)
    return generations.pop()


def is_starved(code, text, fault):
    """libev knows no failure; after a second without memory it aborts."""
    return code == 4 and not fault.once and '(libev) cannot allocate' in text


def check_refusal(code, text, fault, codes):
    """It gave up, in the way it is meant to, and said why."""
    check_death(code, text)
    expect(code in codes or is_starved(code, text, fault), f'ended with {code}:', text)
    expect(concerns(fault, LOG_CALLS) or
           any(message in text for message in MESSAGES),
           f'ended with {code}, and does not say why:', repr(text))


class Scenario:
    most = 600  # calls of a kind that fail in turn

    def __init__(self, whose):
        self.whose = whose

    def close(self):
        """What the plays left behind must be gone without a trace."""


# ---- start ----


class Start(Scenario):
    """It starts with a stale socket in its way, serves, and is stopped."""

    name = 'start'

    def play(self, fault):
        agent = Agent(config(), FILES, self.whose)
        try:
            with socket.socket(socket.AF_UNIX) as stale:
                stale.bind(str(agent.directory / 'spop.sock'))
            agent.page.arm(fault)
            agent.launch()
            self.wait(agent, fault)
            counts = agent.page.counts()
            agent.page.disarm()
            self.use(agent, fault)
            return counts
        except (OSError, spop.Closed) as error:
            code = agent.wait(0.1)
            expect(code is not None, error)
            check_death(code, agent.log)
            raise Wrong(f'ended with {code}: {agent.log}') from error
        finally:
            agent.remove()

    def wait(self, agent, fault):
        seconds = 0.3 if concerns(fault, LOG_CALLS) else 10 * harness.SLOW
        harness.wait_until(lambda: agent.events('ready') or
                           agent.process.poll() is not None, seconds, 0.002)

    def use(self, agent, fault):
        """It serves as if nothing had been, or it is about to end."""
        end = time.monotonic() + 10 * harness.SLOW
        while True:
            try:
                serve_once(agent.local)
                break
            except (OSError, spop.Closed):
                time.sleep(0.01)
            if agent.process.poll() is not None:
                check_refusal(agent.process.returncode, agent.log, fault, (3,)
                              if agent.events('not-started') else (1, 3))
                return
            expect(time.monotonic() < end, 'neither serves nor ends:',
                   agent.log)
        serve_once(f'127.0.0.1:{agent.tcp_ports()[0]}')
        agent.end()
        expect(concerns(fault, ('unlink', 'lstat')) or
               not (agent.directory / 'spop.sock').exists(),
               'its socket is left behind')


# ---- programs that say something and end ----


class Program(Scenario):
    """All of it as ever, or a refusal."""

    program = 'truesrc'
    given = ''
    codes = (1, 3)
    files = {**FILES, 'good.yaml': config()}

    def __init__(self, whose):
        super().__init__(whose)
        self.directory = tempfile.mkdtemp(prefix='truesrc-')
        for name, text in self.files.items():
            path = os.path.join(self.directory, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w') as file:
                file.write(text.replace('{dir}', self.directory))
        self.page = new_page(self.directory, whose)
        self.good = self.run(NOTHING)

    def run(self, fault):
        self.page.arm(fault)
        return run(self.program, [word.replace('{dir}', self.directory)
                                  for word in self.arguments],
                   self.whose, self.page, self.given)

    def play(self, fault):
        before = self.page.counts()
        result = self.run(fault)
        counts = added(before, self.page.counts())
        code, output, errors = result
        if code == 0 and self.is_right(output):
            self.check_warnings(set(errors.splitlines()))
        elif result != self.good:
            check_refusal(code, output + errors, fault, self.codes)
        return counts

    def is_right(self, output):
        return output == self.good[1]

    def check_warnings(self, lines):
        """In whatever order; where some are missing that is said."""
        good = set(self.good[2].splitlines())
        starved = {line for line in lines if 'out of memory' in line}
        expect(lines - starved <= good and (starved or lines == good),
               'it says', lines, 'in place of', good)

    def close(self):
        shutil.rmtree(self.directory, ignore_errors=True)


class Check(Program):
    """-c -dC of a configuration with a few warnings."""

    name = 'check'
    arguments = ['-c', '-dC', '-f', '{dir}/good.yaml', '-f', '{dir}/conf.d']
    files = {**FILES,
             'good.yaml': config() + 'log: {level: debug}\n',
             'conf.d/20-more.yaml': FILES['conf.d/20-more.yaml'] + '''
  warned:
    trust: [private, 203.0.113.0/24, 203.0.113.7]
    rules: [{allow: [198.18.0.0/15], name: a}, {deny: [198.18.1.0/24]}]
'''}


class CheckBad(Program):
    """-c of one with errors: it is never taken."""

    name = 'check-bad'
    arguments = ['-c', '-f', '{dir}/bad.yaml', '-f', '{dir}/conf.d']
    files = {**FILES, 'bad.yaml': config().replace('verdict,', 'verdikt,') +
             'threads: 3\n', 'lists/drop.txt': '192.0.2.0/33\n'}


class Explain(Program):
    name = 'explain'
    program = 'truesrcctl'
    arguments = ['explain', '-f', '{dir}/good.yaml', '--peer', '10.0.0.1',
                 '--header', 'X-Forwarded-For: 203.0.113.9, 10.0.0.2']
    codes = (1, 2, 3)


class ExplainJson(Explain):
    """A line each: what it always was, or that it could not be done."""

    name = 'explain-json'
    arguments = ['explain', '-f', '{dir}/good.yaml', '--json']
    given = '''{"peer":"10.0.0.1","headers":[["X-Forwarded-For","203.0.113.9"]]}
{"policy":"nobody","peer":"192.0.2.1"}
nonsense
{"peer":"192.0.2.7","request":{"scheme":"https","host":"a.example"}}
'''

    def is_right(self, output):
        lines, good = output.splitlines(), self.good[1].splitlines()
        return len(lines) == len(good) and all(
            line == wanted or self.is_refusal(json.loads(line))
            for line, wanted in zip(lines, good))

    @staticmethod
    def is_refusal(told):
        return told.keys() == {'ok', 'error'} and told['ok'] is False and \
            told['error']


# ---- an agent that goes on ----


class Lasting(Scenario):
    """One agent plays again and again; it is made anew when it has failed."""

    agent = None

    def begin(self):
        self.agent = Agent(config(), FILES, self.whose)
        self.agent.start()
        serve_once(self.agent.local)
        self.tcp = f'127.0.0.1:{self.agent.tcp_ports()[0]}'
        self.descriptors = self.agent.descriptors()

    def play(self, fault):
        if self.agent is None:
            self.begin()
        before = self.agent.page.counts()
        try:
            self.agent.page.arm(fault)
            result = self.act(fault)
            self.agent.page.disarm()
            counts = added(before, self.agent.page.counts())
            self.judge(fault, result)
            self.check_after()
            return counts
        except Exception:
            counts = added(before, self.agent.page.counts())
            if self.was_starved(fault):
                return counts
            self.drop()
            raise

    def was_starved(self, fault):
        code = self.agent.wait(0.05)
        if not is_starved(code, self.agent.log, fault):
            return False
        self.agent.remove()
        self.agent = None
        return True

    def check_after(self):
        agent = self.agent
        expect(agent.process.poll() is None, 'it has ended:',
               agent.process.returncode, agent.log[-2000:])
        expect(harness.wait_until(
            lambda: agent.descriptors() <= self.descriptors, 5),
               agent.descriptors(), 'descriptors in place of',
               self.descriptors)

    def drop(self):
        """Without a crash, which explains more than what came of it."""
        agent, self.agent = self.agent, None
        if agent is None:
            return
        try:
            code = agent.wait(0.05)
            if code is not None:
                check_death(code, agent.log)
                raise Wrong(f'ended with {code}: {agent.log[-2000:]}')
        finally:
            agent.remove()

    def close(self):
        agent, self.agent = self.agent, None
        if agent is None:
            return
        try:
            agent.end()
        finally:
            agent.remove()


class Reload(Lasting):
    """HUP with another rule: the new policy answers, or the old one does."""

    name = 'reload'

    def begin(self):
        super().begin()
        self.rule, self.number = 'blocked', 1
        self.peer = spop.Peer(self.agent.local, timeout=5 * harness.SLOW)
        self.peer.hello()
        self.descriptors = self.agent.descriptors()

    def change(self):
        """Gives the rule that answers from now on."""
        rule = f'rule-{self.number % 2}'
        self.agent.write(config(rule))
        return rule

    def reload(self, fault, seconds):
        agent = self.agent
        seen = len(agent.events('reload'))
        agent.signal(signal.SIGHUP)
        harness.wait_until(lambda: len(agent.events('reload')) > seen or
                           agent.process.poll() is not None,
                           seconds, 0.002)
        outcome = agent.events('reload')[seen:]
        return outcome[0]['result'] if outcome else None

    def await_late(self, seconds=0.1):
        """What was held up by a fault happens when there is none any more."""
        seen = len(self.agent.events('reload'))
        harness.wait_until(lambda: len(self.agent.events('reload')) > seen,
                           seconds * harness.SLOW, 0.005)

    def act(self, fault):
        quiet = concerns(fault, LOG_CALLS)
        # One that waits for ever to be told of the signal is not to blame.
        seconds = 0.3 if quiet or concerns(fault, ('read', 'nanosleep')) \
            else 10 * harness.SLOW
        changed = self.change()
        result = self.reload(fault, seconds)
        expect(result is not None or seconds < 10, 'the reload does not end')
        return changed, result

    def serves(self, number, rule):
        """Does that generation answer? A connection from before goes on."""
        answer = self.peer.ask(1, 1, [('check', denied()[0])])
        generation = answer.get('generation')
        expect(generation in (number, number + 1), 'generation', generation)
        wanted = rule if generation > number else self.rule
        expect(check_answer(answer, denied(wanted)[1]) == generation)
        expect(serve_once(self.tcp, wanted) == generation, 'another answers')
        return generation > number

    def judge(self, fault, outcome):
        changed, result = outcome
        if result is None:
            self.await_late()
        taken = self.serves(self.number, changed)
        expect(result is None or taken == (result == 'ok'), 'it said', result,
               'and serves', 'the new' if taken else 'the old', 'policy')
        if not taken:
            expect(self.reload(NOTHING, 10) == 'ok', 'never again reloads:',
                   self.agent.log[-2000:])
            expect(self.serves(self.number, changed), 'the old answers')
        self.rule, self.number = changed, self.number + 1

    def drop(self):
        if self.agent is not None:
            self.peer.close()
        super().drop()

    def close(self):
        if self.agent is not None:
            self.peer.close()
        super().close()


class ReloadBad(Reload):
    """HUP with an error in the configuration: the old policy goes on."""

    name = 'reload-bad'

    def change(self):
        self.agent.write(config('never') + '\nnonsense: 1\n')
        return 'never'

    def judge(self, fault, outcome):
        changed, result = outcome
        expect(result in (None, 'failed'), 'it was taken')
        if result is None:
            self.await_late()
        expect(not self.serves(self.number, changed), 'the bad one answers')
        self.agent.write(config(self.rule))


class ReloadList(Reload):
    """A list file has changed, and a rule is another's."""

    name = 'reload-list'

    def change(self):
        self.agent.write_file('lists/drop.txt', crowd.DROP + ''.join(
            f'100.64.{i}.{self.number % 200}\n' for i in range(200)))
        return super().change()


class Connections(Lasting):
    """A hundred connections: requests, fragments, health checks."""

    name = 'connections'
    count = 100
    parts = crowd.PARTS

    def act(self, fault):
        parts = [self.parts[i % len(self.parts)] for i in range(self.count)]
        page = self.agent.page
        clients = crowd.play(self.agent.tcp_ports()[0], parts,
                             on_silence=page.disarm)
        return clients

    def judge(self, fault, clients):
        page = self.agent.page
        lost = [client for client in clients if client.lost is not None]
        ports = page.ports()
        stray = [client for client in lost if client.port not in ports]
        may = page.strikes if self.costs_one(fault) else 0
        expect(len(stray) <= may, len(stray), 'connections lost, the first:',
               stray[0].lost if stray else '')
        if fault.error_name in ('EINTR', 'EAGAIN') and not stray:
            expect(not lost, 'lost for nothing:', lost[0].lost if lost else '')
        serve_once(self.tcp)

    @staticmethod
    def costs_one(fault):
        """Memory that is not there costs the connection that needs it."""
        return fault.error_name == 'ENOMEM'


class FirstConnections(Connections):
    """The same in an agent that has seen none before."""

    name = 'first-connections'
    count = 20

    def begin(self):
        self.agent = Agent(config(), FILES, self.whose)
        self.agent.start()
        self.tcp = f'127.0.0.1:{self.agent.tcp_ports()[0]}'
        self.descriptors = self.agent.descriptors()

    def play(self, fault):
        try:
            return super().play(fault)
        finally:
            self.close()


class Crumbs(Connections):
    """One byte at a time, in and out."""

    name = 'crumbs'
    count = 10
    most = 120

    def act(self, fault):
        self.agent.page.arm(fault.crumbled())
        return super().act(fault)


# ---- the end ----


class Drain(Scenario):
    """TERM, with all kinds of connections open."""

    name = 'drain'

    def play(self, fault):
        agent = Agent(config(), FILES, self.whose)
        try:
            agent.start()
            self.address = f'127.0.0.1:{agent.tcp_ports()[0]}'
            return self.drain(agent, fault)
        finally:
            agent.remove()

    def connect(self, greeting=True):
        peer = spop.Peer(self.address, timeout=5 * harness.SLOW)
        if greeting:
            peer.hello(capabilities='pipelining,fragmentation')
        return peer

    def drain(self, agent, fault):
        busy, idle, halted = (self.connect() for _ in range(3))
        halted.send(spop.notify_frame(1, 1, [('check', ALLOWED[0])]).encode()
                    [:30])
        silent = self.connect(False)
        before = agent.page.counts()
        agent.page.arm(fault)
        agent.signal(signal.SIGTERM)
        harness.wait_until(lambda: agent.events('draining'), 0.05, 0.002)
        self.last_request(agent, busy, fault)
        code = agent.wait(1.5)
        counts = added(before, agent.page.counts())
        agent.page.disarm()
        if code is None:
            code = self.insist(agent, fault)
        for peer in (busy, idle, halted, silent):
            peer.close()
        check_death(code, agent.log)
        expect(code == 0 or is_starved(code, agent.log, fault),
               f'ended with {code}:', agent.log)
        return counts

    def last_request(self, agent, peer, fault):
        """Is answered, and the connection closed behind it."""
        try:
            check_answer(peer.ask(7, 1, [('check', ALLOWED[0])], 1.0),
                         ALLOWED[1])
            if agent.events('draining'):
                expect(peer.recv_disconnect()[0] == 0, 'no good end')
        except (spop.Closed, spop.Disconnected, TimeoutError) as error:
            port = peer.sock.getsockname()[1]
            expect(port in agent.page.ports() or fault.error_name == 'ENOMEM'
                   or not fault.once, 'the last request is lost:', error)

    def insist(self, agent, fault):
        """Only if it cannot have heard of the signal, or of the time."""
        expect(not fault.once, 'does not end:', agent.log)
        return agent.wait(5)


SCENARIOS = [Start, Check, CheckBad, Explain, ExplainJson, Reload, ReloadBad,
             ReloadList, Connections, FirstConnections, Crumbs, Drain]
