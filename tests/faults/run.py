#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every allocation and system call fails in turn: the k-th once, and from the
k-th on. Nothing crashes, leaks, hangs or answers wrongly.

    run.py --all            each call of each scenario
    run.py --share 25       that many at random in each, by a seed
    run.py --only start     that scenario; --whose own: those calls
    run.py --all --fault 'malloc 7'     what begins so
"""

import argparse
import itertools
import multiprocessing
import os
import random
import sys
import time
import traceback
from errno import EINTR

from page import CALLS, GROUPS, Fault
from scenarios import NOTHING, SCENARIOS
from target import LIBRARIES, OWN, NoVerdict, Wrong
from harness import done, note, tap

# Where there are more calls of a kind their errors take turns; where there are
# more than most of a scenario, so do the calls.
ERRORS_EACH = 30
BATCH = 25

# Of libev: it writes to an eventfd, which takes that.
NEVER_IN_LIBRARIES = ('write',)

# Signals that interrupt each and every call there is are none of the world's;
# these are tried again when the loop comes round, not at once.
RETURN_TO_LOOP = ('accept4', 'recv', 'send')


# ---- what is to fail ----


def pick(count, most):
    """Numbers of calls: all, or as many evenly spread."""
    if count <= most:
        return range(1, count + 1)
    return [1 + at * count // most for at in range(most)]


def faults_of(call, count, most):
    errors = CALLS[call]
    for at, first in enumerate(pick(count, most)):
        each = errors if count <= ERRORS_EACH else \
            [errors[at % len(errors)]] if errors else []
        for error in each:
            yield Fault([call], first, first, error)
            if error != EINTR or call in RETURN_TO_LOOP:
                yield Fault([call], first, error=error)


def faults_of_group(name, counts, most):
    calls, error = GROUPS[name]
    count = sum(counts.get(call, 0) for call in calls)
    for first in pick(count, most):
        yield Fault(calls, first, error=error, name=name)


def all_faults(kind, counts):
    for call, count in counts.items():
        yield from faults_of(call, count, kind.most)
    for name in GROUPS:
        yield from faults_of_group(name, counts, kind.most)
    cut = [call for call in ('recv', 'send', 'read', 'write')
           if counts.get(call)]
    for each in [[call] for call in cut] + ([cut] if len(cut) > 1 else []):
        yield Fault(cut=each)


# ---- doing it ----


def explain(error):
    if isinstance(error, Wrong):
        return str(error)
    return ''.join(traceback.format_exception(error))[-3000:]


def play_batch(job):
    """[(fault, why it went wrong or None, was it reached)]; what only shows at
    the end of an agent is looked for in one play after the other."""
    kind, whose, faults = job
    results = []
    scenario = kind(whose)
    try:
        for fault in faults:
            try:
                counts = scenario.play(fault)
                reached = not fault.calls or \
                    sum(counts.get(call, 0) for call in fault.calls) >= \
                    fault.first
                results.append((fault, None, reached))
            except NoVerdict:
                results.append((fault, None, False))
            except Exception as error:  # told by the test
                results.append((fault, explain(error), True))
    finally:
        late = finish(scenario)
    if late is None:
        return results
    if len(faults) == 1:
        return [(faults[0], late, True)]
    found = [result for fault in faults
             for result in play_batch((kind, whose, [fault]))]
    if all(why is None for _, why, _ in found):
        found.append((Fault(name='any of the batch'), late, True))
    return found


def finish(scenario):
    try:
        scenario.close()
    except Exception as error:  # told by the test
        return explain(error)
    return None


def count_calls(kind, whose):
    """By a play without faults, after one that has the first-time costs."""
    scenario = kind(whose)
    try:
        scenario.play(NOTHING)
        return {call: count for call, count in scenario.play(NOTHING).items()
                if count > 0 and CALLS[call] and
                not (whose == LIBRARIES and call in NEVER_IN_LIBRARIES)}
    finally:
        scenario.close()


# ---- telling ----


class Tally:
    def __init__(self):
        self.once = self.on = self.cut = self.missed = 0
        self.failures = []

    def add(self, fault, why, reached):
        if why is not None:
            self.failures.append((fault, why))
        if not reached:
            self.missed += 1
        elif not fault.calls:
            self.cut += 1
        elif fault.once:
            self.once += 1
        else:
            self.on += 1

    def join(self, other):
        self.once += other.once
        self.on += other.on
        self.cut += other.cut
        self.missed += other.missed
        self.failures += other.failures

    def __str__(self):
        text = f'{self.once} failed once, {self.on} from then on'
        if self.cut:
            text += f', {self.cut} cut short'
        if self.missed:
            text += f', {self.missed} not reached'
        return text


def run_scenario(pool, kind, whose, options, total):
    name = f'{kind.name}, {whose} calls'
    began = time.monotonic()
    try:
        counts = count_calls(kind, whose)
    except Exception as error:  # told by the test
        tap(False, f'{name}: without a fault', explain(error))
        return f'{name}: not even without a fault'
    faults = [fault for fault in all_faults(kind, counts)
              if str(fault).startswith(options.fault)]
    random.Random(f'{options.seed} {name}').shuffle(faults)
    if options.share is not None:
        del faults[options.share:]
    jobs = [(kind, whose, faults[at:at + BATCH])
            for at in range(0, len(faults), BATCH)]
    tally = Tally()
    for results in pool.imap_unordered(play_batch, jobs):
        for result in results:
            tally.add(*result)
    report(name, counts, tally, options)
    total.join(tally)
    return (f'{name:<34} {sum(counts.values()):6} calls of {len(counts):2} '
            f'kinds: {tally}, {len(tally.failures)} went wrong '
            f'({time.monotonic() - began:.0f} s)')


def report(name, counts, tally, options):
    scenario, whose, _ = name.replace(',', '').split()
    for fault, why in tally.failures[:options.show]:
        tap(False, f'{name}: {fault}', f'{why}\nagain: run.py --all --only '
            f'{scenario} --whose {whose} --fault "{fault}"')
    if len(tally.failures) > options.show:
        tap(False, f'{name}: {len(tally.failures) - options.show} more',
            '\n'.join(str(fault) for fault, _ in
                      tally.failures[options.show:][:100]))
    tap(not tally.failures, f'{name}: {tally}')
    note(' '.join(f'{call} {count}' for call, count in counts.items()))


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument('--all', action='store_true')
    parser.add_argument('--share', type=int, default=25)
    parser.add_argument('--seed', type=int,
                        default=int.from_bytes(os.urandom(3), 'big'))
    parser.add_argument('--only', action='append')
    parser.add_argument('--whose', choices=(OWN, LIBRARIES))
    parser.add_argument('--fault', default='')
    parser.add_argument('--show', type=int, default=10)
    parser.add_argument('-j', dest='jobs', type=int, default=2)
    options = parser.parse_args()
    if options.all:
        options.share = None
    return options


def main():
    options = read_options()
    note(f'seed {options.seed}')
    sums, total = [], Tally()
    began = time.monotonic()
    with multiprocessing.Pool(options.jobs) as pool:
        for kind, whose in itertools.product(SCENARIOS, (OWN, LIBRARIES)):
            if options.only and kind.name not in options.only:
                continue
            if options.whose in (None, whose):
                sums.append(run_scenario(pool, kind, whose, options,
                                         total))
    for line in sums:
        note(line)
    note(f'all: {total}, {len(total.failures)} went wrong '
         f'({time.monotonic() - began:.0f} s)')
    done()


if __name__ == '__main__':
    sys.exit(main())
