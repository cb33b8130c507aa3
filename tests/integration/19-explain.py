#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""truesrcctl: its options, exit codes, and what is printed where."""

import json
import pathlib
import shutil
import subprocess
import tempfile

from harness import BUILD, done, tap

directory = pathlib.Path(tempfile.mkdtemp(prefix='truesrc-'))
good = directory / 'good.yaml'
bad = directory / 'bad.yaml'
good.write_text('''\
lists: {lb: [10.0.0.0/24], office: [198.51.100.0/24]}
policies:
  default:
    trust: lb
    sources: [{header: X-Forwarded-For}]
    rules: [{allow: office}]
    default: deny
  argument: {trust: lb, sources: [{argument: ip}]}
''')
bad.write_text('policies:\n  default: {trsut: [192.0.2.1]}\n')


def run(*words, stdin=''):
    return subprocess.run([str(BUILD / 'truesrcctl'), *map(str, words)],
                          input=stdin.encode(), capture_output=True,
                          timeout=60)


def check(name, words, code, out=None, err=None, stdin=''):
    """out and err: a part of it, or nothing at all if empty."""
    result = run(*words, stdin=stdin)
    texts = [result.stdout.decode('utf-8', 'replace'),
             result.stderr.decode('utf-8', 'replace')]
    ok = result.returncode == code
    for text, part in zip(texts, (out, err)):
        ok = ok and (part is None or (part in text if part else text == ''))
    tap(ok, name, '\n'.join([str(result.returncode), *texts]))
    return texts[0]


explain = ['explain', '-f', good]
office = ['--peer', '10.0.0.1', '--header',
          'X-Forwarded-For: 198.51.100.7, 10.0.0.2']

check('no words, no input', ['-s', '/nowhere/control.sock'], 3, '',
      '/nowhere/control.sock')
check('-v', ['-v'], 0, 'truesrcctl ', '')
check('-h', ['-h'], 0, 'usage:', '')
check('-v and more', ['-v', 'x'], 2, '', 'usage:')
check('-h and more', ['-h', 'x'], 2, '', 'usage:')
check('a word, and no agent', ['-s', '/nowhere/control.sock', 'show', 'info'],
      3, '', '/nowhere/control.sock')
check('explain alone', ['explain'], 2, '', '-f FILE')
check('no peer', explain, 2, '', '--peer')
check('an unknown option', [*explain, '--pear', '10.0.0.1'], 2, '', 'usage:')
check('a word too many', [*explain, *office, 'word'], 2, '', 'word')
check('a header without a colon', [*explain, '--header', 'X'], 2, '',
      '--header X')
check('a header without a name', [*explain, '--header', ': x'], 2, '',
      '--header : x')
check('an argument without a value', [*explain, '--argument', 'ip'], 2, '',
      '--argument ip')
check('a bad configuration', ['explain', '-f', bad, '--peer', '10.0.0.1'], 1,
      '', f'{bad}:2:13: error:')
check('a file that is not there',
      ['explain', '-f', directory / 'no.yaml', '--peer', '10.0.0.1'], 1, '',
      'no.yaml')
check('a peer that is none', [*explain, '--peer', '10.0.0'], 1, 'peer')
check('no such policy', [*explain, *office, '--policy', 'x'], 1, 'no-policy',
      '')

told = check('allowed', [*explain, *office], 0, 'allowed = true', '')
tap('client_ip = 198.51.100.7\n' in told, 'the client', told)
tap('10.0.0.2: trusted, by lb\n' in told, 'the walk', told)
check('denied', [*explain, '--peer', '203.0.113.9'], 0, 'allowed = false', '')
check('--proxy', [*explain, '--peer', '10.0.0.1', '--proxy', '198.51.100.7'],
      0, 'source = proxy\n', '')
check('--proxy unknown', [*explain, '--peer', '10.0.0.1', '--proxy',
                          'unknown'], 0, 'source = peer\n', '')
check('--argument', [*explain, '--policy', 'argument', '--peer', '10.0.0.1',
                     '--argument', 'ip=\t203.0.113.9'], 0,
      'client_ip = 203.0.113.9\n', '')
check('several files', ['explain', '-f', good, '-f', good, *office], 1, '',
      'error:')

question = '{"peer":"10.0.0.1","headers":[["X-Forwarded-For","203.0.113.%d"]]}'
lines = [question % i for i in range(5)]
lines[2] = 'junk'
told = check('--json', [*explain, '--json'], 0, None, '',
             stdin='\n'.join(lines))
answers = [json.loads(line) for line in told.splitlines()]
tap([answer['ok'] for answer in answers] == [True, True, False, True, True],
    'a line each, and one that cannot be read', told)
tap([answer.get('client_ip') for answer in answers] ==
    ['203.0.113.0', '203.0.113.1', None, '203.0.113.3', '203.0.113.4'],
    'in order', told)
check('--json of nothing', [*explain, '--json'], 0, '', '')

with open('/dev/full', 'w', encoding='ascii') as full:
    result = subprocess.run(
        [str(BUILD / 'truesrcctl'), *map(str, explain), '--json'],
        input=(question % 1 + '\n').encode() * 1000, stdout=full,
        stderr=subprocess.PIPE, timeout=60, check=False)
tap(result.returncode == 1 and b'output' in result.stderr,
    'what cannot be written is not passed over',
    f'{result.returncode} {result.stderr}')
shutil.rmtree(directory)
done()
