# SPDX-License-Identifier: Apache-2.0
"""Reads the ready policies of conf/like: the little YAML that they use.

A mapping of about (a block of text), warn (a sequence of quoted lines) and
policy, whose values are flow text, a block sequence or a block mapping of flow
values. Anything else is an error, so that a file the program would read
otherwise is noticed here.
"""

import json
import pathlib
import re

LIKE = pathlib.Path(__file__).resolve().parents[2] / 'conf' / 'like'
PLAIN = re.compile(r'[^\s,:\[\]{}"\'#&*!|>%@`?-][^\s,:\[\]{}"\'#]*')
NUMBER = re.compile(r'0|[1-9][0-9]*')


class Flow:
    """A YAML flow value without anchors, tags and single quotes."""

    def __init__(self, text):
        self.text = text
        self.at = 0

    def fail(self, why):
        raise ValueError(f'{why} at {self.text[self.at:self.at + 30]!r}')

    def blanks(self):
        while self.at < len(self.text) and self.text[self.at] in ' \n':
            self.at += 1

    def peek(self):
        self.blanks()
        return self.text[self.at:self.at + 1]

    def take(self, char):
        if self.peek() != char:
            self.fail(f'expected {char!r}')
        self.at += 1

    def quoted(self):
        value, length = json.JSONDecoder().raw_decode(self.text[self.at:])
        self.at += length
        return value

    def scalar(self):
        if self.peek() == '"':
            return self.quoted()
        match = PLAIN.match(self.text, self.at)
        if not match:
            self.fail('expected a value')
        self.at = match.end()
        word = match.group()
        return int(word) if NUMBER.fullmatch(word) else word

    def items(self, end, item):
        values = []
        self.take(self.text[self.at])
        while self.peek() != end:
            values.append(item())
            if self.peek() != end:
                self.take(',')
        self.take(end)
        return values

    def pair(self):
        key = self.scalar()
        self.take(':')
        return key, self.value()

    def value(self):
        start = self.peek()
        if start == '[':
            return self.items(']', self.value)
        if start == '{':
            pairs = self.items('}', self.pair)
            if len({key for key, _ in pairs}) != len(pairs):
                self.fail('a key twice')
            return dict(pairs)
        return self.scalar()

    def whole(self):
        value = self.value()
        if self.peek():
            self.fail('something behind the value')
        return value


def block(lines, indent):
    """A block value: a sequence of "- flow", or a mapping."""
    pad = ' ' * indent
    if lines[0].startswith(pad + '- '):
        for line in lines:
            if not line.startswith(pad + '- '):
                raise ValueError(f'expected "- ": {line!r}')
        return [Flow(line[indent + 2:]).whole() for line in lines]
    result = {}
    while lines:
        match = re.fullmatch(pad + r'([A-Za-z-]+):(?: (.+))?', lines[0])
        if not match or match.group(1) in result:
            raise ValueError(f'expected "key: value": {lines[0]!r}')
        body = []
        lines = lines[1:]
        while lines and lines[0].startswith(pad + '  '):
            body.append(lines.pop(0))
        key, text = match.groups()
        if text == '|':
            result[key] = '\n'.join(line[indent + 2:] for line in body)
        elif text:
            result[key] = Flow('\n'.join([text] + body)).whole()
        else:
            result[key] = block(body, indent + 2)
    return result


def load(path):
    """The bundle of a file: about, warn and policy."""
    lines = pathlib.Path(path).read_text(encoding='utf-8').splitlines()
    bundle = block([line for line in lines if line.strip()
                    and not line.startswith('#')], 0)
    unknown = set(bundle) - {'about', 'warn', 'policy'}
    if unknown or not {'about', 'policy'} <= set(bundle):
        raise ValueError(f'{path}: not about, warn and policy')
    return bundle


def names():
    return sorted(path.stem for path in LIKE.glob('*.yaml'))


def policy(name):
    return load(LIKE / f'{name}.yaml')['policy']


def expand(keys):
    """A policy's keys over those of the ready policy that "like" names."""
    result = dict(keys)
    like = result.pop('like', None)
    if like is None:
        return result
    base = policy(like)
    for name in ('proxy', 'ip', 'forward'):
        both = [value if isinstance(value, dict) else {'mode': value}
                for value in (base.get(name), result.get(name))
                if value is not None]
        if both:
            result[name] = {key: value for part in both
                            for key, value in part.items()}
    return {**base, **result}
