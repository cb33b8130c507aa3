#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Random policies and chains: "truesrcctl explain" against the oracle.

usage: random_policies.py [--policies N] [--chains M] [--seed S]
                          [--only K] [--jobs J] [--least PERCENT]
                          [build/release/truesrcctl]

Every answer is compared field by field. Writes TAP; the seed that is printed
repeats a run, with --only K its policy number K alone.
"""

import argparse
import collections
import json
import multiprocessing
import os
import random
import re
import subprocess
import sys
import tempfile
import time

from chains import LISTS, Chains, make_policy
from model import FLAGS
from oracle import Oracle

SHARD = 250
MISMATCHES_SHOWN = 5

# Every verb that a request can show in explain, with its words.
VERBS = {
    "source": ["header", "argument", "proxy"],
    "format": ["list", "single", "forwarded", "addr-port", "proxy"],
    "lines": ["join", "one", "first", "last"],
    "several lines": ["join", "one", "first", "last"],
    "pick": ["walk", "hops", "leftmost"],
    "on-invalid": ["stop", "next", "peer", "none", "reject", "skip"],
    "on-empty": ["stop", "next", "peer", "none", "reject", "skip"],
    "all-trusted": ["leftmost", "next", "peer", "none"],
    "short": ["next", "peer", "none", "leftmost"],
    "from": ["met", "not met"],
    "verify": ["passed"],
    "skip": ["passed over"],
    "fallback": ["peer", "none", "reject", "farthest"],
    "untrusted-peer": ["peer", "none", "reject"],
    "proxy": ["peer", "require", "ignore"],
    "proxy unknown": ["peer", "reject"],
    "conflict": ["same", "leftmost-in"],
    "even-proxies": ["true", "false"],
    "forward": ["pass", "own", "strip", "keep", "append", "peer"],
    "mode": ["enforce", "shadow", "bypass"],
    "verdict": ["allow", "deny", "reject", "captcha"],
    # The words of "ip" show in what is made of an entry; counted as written.
    "ip port": ["strip", "brackets", "invalid", "untrusted"],
    "ip zone": ["reject", "strip"],
    "ip mapped": ["unmap", "keep"],
    "ip unspecified": ["accept", "reject"],
    # Explain knows all lines, so nothing is ever incomplete.
    "flag": [flag for flag in FLAGS if flag != "incomplete"],
}

PLAIN = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]*|[0-9.]+(/[0-9]+)?")
SPECIAL = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


# ---- YAML ----


def scalar(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if PLAIN.fullmatch(value) and value.lower() not in SPECIAL:
        return value
    return json.dumps(value, ensure_ascii=False)


def flow(value):
    if isinstance(value, list):
        return "[%s]" % ", ".join(flow(item) for item in value)
    if isinstance(value, dict):
        return "{%s}" % ", ".join("%s: %s" % (scalar(key), flow(value[key]))
                                  for key in value)
    return scalar(value)


def yaml(policies, lists):
    text = ["lists:"]
    text += ["  %s: %s" % (name, flow(lists[name])) for name in lists]
    text += ["policies:"]
    for name, policy in policies.items():
        text.append("  %s:" % name if policy else "  %s: {}" % name)
        for key, value in policy.items():
            if isinstance(value, list) and value and isinstance(
                    value[0], dict):
                text.append("    %s:" % key)
                text += ["      - %s" % flow(item) for item in value]
            else:
                text.append("    %s: %s" % (key, flow(value)))
    return "\n".join(text) + "\n"


# ---- asking ----


def explain(program, config, requests):
    """Gives the answers, or None and what the program said."""
    with tempfile.TemporaryDirectory(prefix="truesrc-random-") as folder:
        paths = [os.path.join(folder, name) for name in ("yaml", "in", "out")]
        with open(paths[0], "w", encoding="utf-8") as file:
            file.write(config)
        with open(paths[1], "w", encoding="utf-8") as file:
            for request in requests:
                file.write(json.dumps(request) + "\n")
        with open(paths[1], "rb") as stdin, open(paths[2], "wb") as stdout:
            done = subprocess.run(
                [program, "explain", "-f", paths[0], "--json"], stdin=stdin,
                stdout=stdout, stderr=subprocess.PIPE, check=False)
        with open(paths[2], encoding="utf-8") as file:
            answers = [json.loads(line) for line in file]
    if done.returncode != 0 or len(answers) != len(requests):
        return None, "exit %d, %d answers to %d requests\n%s" % (
            done.returncode, len(answers), len(requests),
            done.stderr.decode(errors="replace")[-4000:])
    return answers, None


def differences(expected, got):
    """{field: (expected, got)} for all that differ."""
    return {key: (expected.get(key), got.get(key))
            for key in sorted(expected.keys() | got.keys())
            if expected.get(key) != got.get(key)}


def written(policy):
    """The words of "ip" that the policy has, spelt out or not."""
    ip = policy.get("ip", {})
    for key in ("port", "zone", "mapped", "unspecified"):
        yield "ip %s: %s" % (key, ip.get(key, VERBS["ip " + key][0]))


class Shard:
    """A run of policies that share one configuration."""

    def __init__(self, options, first, count):
        self.first = first
        self.count = count
        self.compared = 0
        self.agreed = 0
        self.seconds = 0.0        # in the oracle
        self.fields = collections.Counter()
        self.reached = collections.Counter()
        self.bad = {}             # fields: (policy number, request)
        self.error = None
        self.run(options)

    def run(self, options):
        numbers = range(self.first, self.first + self.count)
        policies = {}
        requests = []
        for number in numbers:
            r = random.Random("%s/%d" % (options.seed, number))
            policies["p%d" % number] = policy = make_policy(r)
            chains = Chains(policy)
            for _ in range(options.chains):
                request = chains.request(r)
                request["policy"] = "p%d" % number
                requests.append(request)
        oracle = Oracle(policies, LISTS)
        answers, self.error = explain(
            options.program, yaml(policies, LISTS), requests)
        if answers is None:
            return
        began = time.process_time()
        expected = []
        for at in range(self.count):
            reached = set(written(policies["p%d" % (self.first + at)]))
            for request in requests[at * options.chains:][:options.chains]:
                expected.append(oracle.answer(request, reached))
            self.reached.update(reached)
        self.seconds = time.process_time() - began
        for request, mine, theirs in zip(requests, expected, answers):
            self.compared += 1
            wrong = differences(mine, theirs)
            if not wrong:
                self.agreed += 1
                continue
            self.fields.update(wrong.keys())
            # One of each kind: most have the same cause.
            self.bad.setdefault(tuple(wrong), (
                int(request["policy"][1:]), request))


# ---- making a mismatch small ----


def smaller(value, keep=()):
    """Every value that has one thing less."""
    if isinstance(value, dict):
        for key in value:
            if key not in keep:
                yield {k: value[k] for k in value if k != key}
        for key in value:
            for less in smaller(value[key], keep):
                yield dict(value, **{key: less})
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield value[:at] + value[at + 1:]
            for less in smaller(item, keep):
                yield value[:at] + [less] + value[at + 1:]
    elif isinstance(value, str) and "," in value:
        parts = value.split(",")
        for at in range(len(parts)):
            yield ",".join(parts[:at] + parts[at + 1:])


def compare_one(program, policy, request):
    """The differences of a single request; {} too when it is refused."""
    request = dict(request, policy="default")
    try:
        mine = Oracle({"default": policy}, LISTS).answer(request)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError):
        return {}
    answers, _ = explain(program, yaml({"default": policy}, LISTS), [request])
    return differences(mine, answers[0]) if answers else {}


def shrink(program, policy, request, tries=400):
    shrunk = True
    fields = compare_one(program, policy, request).keys()
    while shrunk and tries > 0:
        shrunk = False
        options = [(less, request) for less in smaller(policy)]
        options += [(policy, less)
                    for less in smaller(request, ("peer", "policy", "src"))]
        for option in options:
            tries -= 1
            wrong = compare_one(program, *option).keys()
            if wrong and wrong <= fields:
                policy, request = option
                shrunk = True
                break
    return policy, request


def show(options, number, request):
    policy = make_policy(random.Random("%s/%d" % (options.seed, number)))
    if not compare_one(options.program, policy, request):
        print("# policy %d: agrees when asked alone" % number)
        return
    policy, request = shrink(options.program, policy, request)
    request = dict(request, policy="default")
    print("# policy %d (--seed %s --only %d), made small:" % (
        number, options.seed, number))
    for line in yaml({"default": policy}, {}).split("\n")[1:-1]:
        print("#   " + line)
    print("#   " + json.dumps(request))
    wrong = compare_one(options.program, policy, request)
    for field, (mine, theirs) in wrong.items():
        print("#   %s: expected %s, got %s" % (
            field, json.dumps(mine), json.dumps(theirs)))


# ---- the report ----


def report_reach(reached, policies, least):
    """Prints the share of policies that reached each verb.

    Where a source has one word out of four or more, these share: each has
    to reach 2/n of what a verb by itself has to.
    """
    low = []
    for key, words in VERBS.items():
        shares = []
        shared = key in ("on-invalid", "on-empty", "all-trusted", "short")
        due = least * 2 / len(words) if shared else least
        for word in words:
            share = 100.0 * reached["%s: %s" % (key, word)] / policies
            shares.append("%s %.0f" % (word, share))
            if share < due:
                low.append("%s: %s %.1f %% of %.1f" % (key, word, share, due))
        print("# %% of policies, %s: %s" % (key, ", ".join(shares)))
    return low


def parse_options():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--policies", type=int, default=1000)
    parser.add_argument("--chains", type=int, default=50)
    parser.add_argument("--seed", default=str(int(time.time())))
    parser.add_argument("--only", type=int)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--least", type=float, default=15.0)
    parser.add_argument("program", nargs="?",
                        default="build/release/truesrcctl")
    return parser.parse_args()


def plan(options):
    if options.only is not None:
        return [(options, options.only, 1)]
    return [(options, first, min(SHARD, options.policies - first))
            for first in range(0, options.policies, SHARD)]


def run_shard(work):
    return Shard(*work)


def main():
    options = parse_options()
    work = plan(options)
    print("1..%d" % (len(work) + 1))
    print("# seed %s" % options.seed, flush=True)
    total = collections.Counter()
    fields = collections.Counter()
    reached = collections.Counter()
    bad = {}
    with multiprocessing.Pool(options.jobs) as pool:
        for number, shard in enumerate(pool.imap(run_shard, work), 1):
            good = not shard.error and shard.agreed == shard.compared
            print("%s %d - policies %d to %d: %d of %d answers agree" % (
                "ok" if good else "not ok", number, shard.first,
                shard.first + shard.count - 1, shard.agreed, shard.compared),
                flush=True)
            for line in (shard.error or "").splitlines():
                print("# " + line)
            total.update(compared=shard.compared, agreed=shard.agreed,
                         failed=not good, seconds=shard.seconds)
            fields.update(shard.fields)
            reached.update(shard.reached)
            bad = shard.bad | bad
    policies = sum(item[2] for item in work)
    low = report_reach(reached, policies, options.least)
    full = policies >= 200 and options.chains >= 50
    poor = bool(low) and full and not total["failed"]
    print("%s %d - each verb had an effect in %g %% of the policies%s" % (
        "not ok" if poor else "ok", len(work) + 1, options.least,
        "" if full else " # SKIP too few to tell"))
    for line in low if full else []:
        print("# below: " + line)
    simple = sorted(bad, key=lambda fields: (len(fields), fields))
    for kind in simple[:MISMATCHES_SHOWN]:
        show(options, *bad[kind])
    if fields:
        print("# fields that differ: %s" % ", ".join(
            "%s %d" % item for item in fields.most_common()))
    print("# %d policies, %d chains each: %d of %d answers agree; "
          "oracle %.0f us an answer" % (
              policies, options.chains, total["agreed"], total["compared"],
              1e6 * total["seconds"] / max(total["compared"], 1)))
    return 1 if total["failed"] or poor else 0


if __name__ == "__main__":
    sys.exit(main())
