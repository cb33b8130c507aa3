#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the cases of tests/conformance/cases through "truesrcctl explain".

usage: run-cases.py [--oracle] [--verbose] [TRUESRCCTL] [FILE.eval ...]

A file of cases is read line by line. Empty lines and lines that start with
"#" are skipped; the comment above a case names where the fact is from.

  lists {"office": ["198.51.100.0/24"]}
      the lists of this file, as JSON; goes on in indented lines
  policy NAME {"like": "kong", "trust": ["10.0.0.0/8"]}
      a policy, as JSON; the cases below it run under it
  [LABEL] CLIENT KEY=VALUE ... | FLAGS | PROVEN | PEER | HEADER | HEADER ...
      a case: what is expected, then what is sent

CLIENT is the address that is expected, "none" (there is none), "reject" (the
request is refused) or "error" (not ok). KEY=VALUE are other keys of the
answer: verdict, source, hops, rule, list, net (client_net), error, status,
message, and a field of "forward" by its name; "-" is none. FLAGS are all flags
in any order, "-" for none, "*" for any. PROVEN is yes, no or *.
PEER is an address, "unix" or "-" for none, and may go on with proxy=ADDRESS or
proxy=unknown for a PROXY header, scheme=, host=, port=, path=, prefix= for the
request, arg.NAME= for other arguments. HEADER is "Name: value", in order of
arrival; XFF stands for X-Forwarded-For. \\xNN and \\t are bytes of a value, as
UTF-8, \\\\ is a backslash, and @{TEXT*N} is TEXT, N times.

Without FILE all cases run, and every ready policy must have ten. TRUESRCCTL
is $B/truesrcctl, else that of build/release; --oracle asks the second
implementation in oracle.py instead. Output is TAP, one test a case.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import bundles
import oracle

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE / 'cases'
BUILD = HERE.parents[1] / os.environ.get('B', 'build/release')
REQUEST_KEYS = ('scheme', 'host', 'port', 'path', 'prefix')
ANSWER_KEYS = {'net': 'client_net'}
LEAST = 10  # cases of every ready policy


class Case:
    def __init__(self, line, policy, expected, request):
        self.line = line
        self.policy = policy
        self.expected = expected
        self.request = request
        self.label = None


class File:
    def __init__(self, path):
        self.path = path
        self.name = path.stem
        self.lists = {}
        self.policies = {}
        self.cases = []

    def settings(self):
        """The configuration: JSON, which is YAML in flow style."""
        return json.dumps({'lists': self.lists, 'policies': self.policies},
                          indent=1)


# ---- reading ----

def unescape(text):
    def repeat(match):
        return match.group(1) * int(match.group(2))

    def escape(match):
        word = match.group(1)
        if word[0] == 'x':
            return chr(int(word[1:], 16))
        return {'t': '\t', '\\': '\\'}[word]

    text = re.sub(r'@\{(.+?)\*([0-9]+)\}', repeat, text)
    return re.sub(r'\\(x[0-9a-f]{2}|t|\\)', escape, text).encode(
        'latin-1').decode('utf-8')


def read_header(text):
    name, colon, value = text.partition(':')
    if not colon or not re.fullmatch(r'[!-9;-~]+', name):
        raise ValueError(f'no header line: {text!r}')
    name = 'X-Forwarded-For' if name == 'XFF' else name
    value = value[1:] if value.startswith(' ') else value
    return [name, unescape(value)]


def read_request(policy, peer, headers):
    words = shlex.split(peer)
    request = {'policy': policy, 'headers': headers, 'arguments': {},
               'request': {}}
    if words[0] != '-':
        request['peer'] = words[0]
    for word in words[1:]:
        key, _, value = word.partition('=')
        if key == 'proxy':
            source = None if value == 'unknown' else value
            request['proxy'] = {'src': source}
        elif key.startswith('arg.'):
            request['arguments'][key[4:]] = value
        elif key in REQUEST_KEYS:
            request['request'][key] = value
        else:
            raise ValueError(f'unknown word behind the peer: {word!r}')
    return request


def read_expected(client, flags, proven):
    words = shlex.split(client)
    expected = {}
    if words[0] == 'error':
        expected.update(ok=False)
    elif words[0] == 'reject':
        expected.update(ok=True, allowed=False, verdict='reject')
    elif words[0] == 'none':
        expected.update(ok=True, client_ip=None)
    else:
        expected.update(ok=True, client_ip=words[0])
    for word in words[1:]:
        key, equals, value = word.partition('=')
        if not equals:
            raise ValueError(f'no key=value: {word!r}')
        value = None if value == '-' else value
        if re.fullmatch(r'[a-z]+(-[a-z]+)+', key):
            expected.setdefault('forward', {})[key] = value
        else:
            expected[ANSWER_KEYS.get(key, key)] = value
    if flags != '*':
        expected['flags'] = sorted(flags.replace('-', ' ', flags == '-')
                                   .split())
    if proven != '*':
        expected['proven'] = {'yes': True, 'no': False}[proven]
    return expected


def read_case(line, number, policy):
    label = re.match(r'\[([^\]]+)\] +', line)
    parts = re.split(r' +\| *|\| +', line[label.end() if label else 0:])
    if len(parts) < 4 or policy is None:
        raise ValueError(f'no case: {line!r}')
    client, flags, proven, peer = parts[:4]
    headers = [read_header(part) for part in parts[4:] if part]
    case = Case(number, policy, read_expected(client, flags, proven),
                read_request(policy, peer, headers))
    sent = ' | '.join([peer] + parts[4:])
    case.label = label.group(1) if label else sent
    return case


def read_file(path):
    """A File; raises ValueError with the place."""
    result = File(path)
    policy = None
    lines = path.read_text(encoding='utf-8').split('\n')
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        try:
            if not line.strip() or line.startswith('#'):
                continue
            word = re.match(r'(lists|policy ([a-z0-9_-]+)) +(?=\{)', line)
            if not word:
                result.cases.append(read_case(line.rstrip(), number, policy))
                continue
            text = line[word.end():]
            while number < len(lines) and lines[number].startswith('    '):
                text += '\n' + lines[number]
                number += 1
            value = json.loads(text)
            if word.group(1) == 'lists':
                result.lists = value
            elif word.group(2) in result.policies:
                raise ValueError(f'policy {word.group(2)} twice')
            else:
                policy = word.group(2)
                result.policies[policy] = value
        except (ValueError, KeyError, IndexError) as error:
            raise ValueError(f'{path}:{number}: {error}') from None
    return result


# ---- asking ----

def ask_program(program, case_file):
    """One answer a case, and what went wrong, if anything did."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'cases.yaml')
        with open(path, 'w', encoding='utf-8') as stream:
            stream.write(case_file.settings())
        done = subprocess.run(
            [program, 'explain', '-f', path, '--json'], check=False,
            input='\n'.join(json.dumps(c.request) for c in case_file.cases)
            + '\n', capture_output=True, encoding='utf-8', timeout=60)
    answers = []
    for line in done.stdout.splitlines():
        try:
            answers.append(json.loads(line))
        except ValueError:
            answers.append({'unreadable': line})
    trouble = '' if len(answers) == len(case_file.cases) else (
        f'exit {done.returncode}, {len(answers)} answers\n{done.stderr}')
    return answers, trouble


def ask_oracle(case_file):
    policies = {name: bundles.expand(keys)
                for name, keys in case_file.policies.items()}
    judge = oracle.Oracle(policies, case_file.lists)
    return [judge.answer(case.request) for case in case_file.cases], ''


# ---- comparing ----

def differences(expected, answer):
    """Lines that tell what is not as expected."""
    found = []
    for key, want in expected.items():
        have = answer.get(key)
        if key == 'flags':
            have = sorted(have) if isinstance(have, list) else have
        if key == 'forward':
            have = {name: (have or {}).get(name) for name in want}
        if isinstance(have, int) and not isinstance(have, bool):
            have = str(have)
        if want != have:
            found.append(f'{key}: expected {json.dumps(want)}, '
                         f'got {json.dumps(have)}')
    return found


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def report(self, name, problems):
        self.count += 1
        self.failed += bool(problems)
        name = re.sub(r'([\\#])', r'\\\1', name)
        print(f'{"not " if problems else ""}ok {self.count} - {name[:200]}')
        for problem in problems:
            for line in problem.splitlines():
                print(f'# {line}')


def check_enough(tap, files):
    """Every ready policy has its file, and cases enough."""
    counts = {case_file.name: sum(
        case_file.policies[case.policy].get('like') == case_file.name
        for case in case_file.cases) for case_file in files}
    for name in bundles.names():
        count = counts.get(name, 0)
        tap.report(f'{name}: at least {LEAST} cases', [] if count >= LEAST
                   else [f'{count} cases say "like": "{name}"'])


def run(paths, ask, verbose):
    tap = Tap()
    files = [read_file(path) for path in paths or sorted(CASES.glob('*.eval'))]
    total = sum(len(case_file.cases) for case_file in files)
    print(f'1..{total + (0 if paths else len(bundles.names()))}')
    if not paths:
        check_enough(tap, files)
    for case_file in files:
        answers, trouble = ask(case_file)
        for case, answer in zip(case_file.cases, answers + [{}] * len(
                case_file.cases)):
            problems = differences(case.expected, answer)
            if problems:
                problems.insert(0, f'{case_file.path.name}:{case.line}')
                problems += [trouble] if trouble else []
                trouble = ''
            if verbose and problems:
                problems.append(json.dumps(answer))
            tap.report(f'{case_file.name}/{case.policy}: {case.label}',
                       problems)
    print(f'# {tap.count - tap.failed} of {tap.count} passed, '
          f'{len(files)} files, {tap.failed} failed')
    return tap.failed == 0


def main(words):
    options = {word for word in words if word.startswith('--')}
    if options - {'--oracle', '--verbose'}:
        sys.exit(__doc__.split('\n\n')[1])
    words = [word for word in words if word not in options]
    paths = [pathlib.Path(w) for w in words if w.endswith('.eval')]
    programs = [w for w in words if not w.endswith('.eval')]
    program = programs[0] if programs else str(BUILD / 'truesrcctl')
    ask = (ask_oracle if '--oracle' in options
           else lambda case_file: ask_program(program, case_file))
    return 0 if run(paths, ask, '--verbose' in options) else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
