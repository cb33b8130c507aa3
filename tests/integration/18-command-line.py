#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Options, exit codes, and what is printed where."""

import pathlib
import subprocess
import tempfile

from harness import ROOT, TRUESRC, done, tap

directory = pathlib.Path(tempfile.mkdtemp(prefix='truesrc-'))
good = directory / 'good.yaml'
warned = directory / 'warned.yaml'
bad = directory / 'bad.yaml'
good.write_text('listen: [{address: "127.0.0.1:0"}]\n'
                'policies: {default: {trust: [192.0.2.1]}}\n')
warned.write_text('policies: {default: {trust: private}}\n')
bad.write_text('policies:\n  default: {trsut: [192.0.2.1]}\n')


def run(*words):
    return subprocess.run([str(TRUESRC), *map(str, words)],
                          capture_output=True, text=True, timeout=60)


def check(name, words, code, out=None, err=None):
    result = run(*words)
    ok = result.returncode == code
    ok = ok and (out is None or (out in result.stdout if out
                                 else result.stdout == ''))
    ok = ok and (err is None or (err in result.stderr if err
                                 else result.stderr == ''))
    tap(ok, name, f'{result.returncode}\n{result.stdout}\n{result.stderr}')
    return result


VALID = 'Configuration file is valid'

check('-v', ['-v'], 0, 'truesrc ', '')
check('-vv', ['-vv'], 0, 'libev', '')
check('-v -v', ['-v', '-v'], 0, 'libyaml', '')
check('-h', ['-h'], 0, 'usage:', '')
check('-dM', ['-dM'], 0, 'trust')
check('no options', [], 2, '', 'usage:')
check('an unknown option', ['-Z'], 2, '', 'usage:')
check('-f without a file', ['-f'], 2, '', 'usage:')
check('a word too many', ['-c', '-f', good, 'word'], 2, '', 'word')
check('-c without -f', ['-c'], 2, '', '-f')
check('-dC without -c', ['-dC', '-f', good], 2, '', '-c')
check('-dX', ['-c', '-dX', '-f', good], 2, '', '-dX')
check('-x', ['-x', '/tmp/socket', '-f', good], 2, '', 'not built yet')
check('-c, good', ['-c', '-f', good], 0, '', VALID)
check('-c, warned of', ['-c', '-f', warned], 0, '', 'warning:')
check('-c, warned of, and valid', ['-c', '-f', warned], 0, '', VALID)
result = check('-c, bad', ['-c', '-f', bad], 1, '', f'{bad}:2:13: error:')
tap(VALID not in result.stderr, '-c, bad, does not call it valid')
check('-c, a file that is not there', ['-c', '-f', directory / 'no.yaml'], 1,
      '', 'no.yaml')
check('bad, without -c', ['-f', bad], 1, '', f'{bad}:2:13: error:')
check('-c -f twice', ['-c', '-f', good, '-f', warned], 1, '', 'error:')
result = check('-c -dC', ['-c', '-dC', '-f', good], 0, 'policies:', VALID)
again = directory / 'again.yaml'
again.write_text(result.stdout)
tap(run('-c', '-dC', '-f', again).stdout == result.stdout,
    '-dC reads again to the same')
check('-dC -c, the other way round', ['-dC', '-c', '-f', good], 0,
      'policies:', VALID)
with open('/dev/full', 'w', encoding='ascii') as full:
    result = subprocess.run([str(TRUESRC), '-c', '-dC', '-f', str(good)],
                            stdout=full, stderr=subprocess.PIPE, text=True,
                            timeout=60, check=False)
tap(result.returncode == 3 and 'standard output' in result.stderr,
    '-dC, and nowhere to print it', f'{result.returncode}\n{result.stderr}')
check('the example', ['-c', '-f', ROOT / 'conf/examples/truesrc.yaml'], 0, '',
      VALID)
done()
