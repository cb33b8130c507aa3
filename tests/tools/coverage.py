#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What tests reached, from the data that programs built for gcov left.

    coverage.py [-v] BUILD_DIR

Prints a line for each source and each folder, then each branch that was not
taken where all of them have to be. Ends with 1 when something is missing. -v
lists the branches of the other sources too.

Not counted are ways that nothing can take, or that leave no trace:
  - of ensure(), an assertion about ourselves, all;
  - of a switch without "default", over the words of an enum, that of no word;
  - of json_is_…() of jansson, that of no value at all;
  - of a function that runs when the process is dying, all.
"""

import collections
import json
import pathlib
import re
import subprocess
import sys

# All branches of these have to be taken …
WHOLE = re.compile(
    r'proto/|agent/policy/(compiled|outcome|walk|pick|entries|lines|peer|conflict|'
    r'evaluate|verdict|set|forward|request|names)\.[ch]$')
# … and of each other source this share.
SHARE = 90.0

DYING = ('on_death',)

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDERS = ('proto/', 'conf/', 'agent/')

Line = collections.namedtuple('Line', 'hits branches')


def gcov(build):
    """What gcov says: each source and its lines, once for each object."""
    data = sorted(str(path.resolve()) for path in build.rglob('*.gcda'))
    if not data:
        sys.exit(f'coverage.py: nothing was run in {build}')
    output = subprocess.run(
        ['gcov', '--branch-counts', '--branch-probabilities', '--json-format',
         '--stdout', *data], cwd=ROOT, check=True, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL).stdout
    for report in output.splitlines():
        for file in json.loads(report)['files']:
            if file['file'].startswith(FOLDERS):
                yield file['file'], file['lines']


def gather(build):
    """{source: {number: Line}}; a header's lines are sums over the objects."""
    sources = collections.defaultdict(dict)
    for name, lines in gcov(build):
        for line in lines:
            if line.get('function_name') in DYING:
                continue
            hits = [branch['count'] for branch in line['branches']]
            old = sources[name].get(line['line_number'], Line(0, []))
            if len(old.branches) == len(hits):
                hits = [a + b for a, b in zip(old.branches, hits)]
            else:
                hits = max(old.branches, hits, key=len)
            sources[name][line['line_number']] = Line(
                old.hits + line['count'], hits)
    return sources


def inside(text, number):
    """The lines of the block that the line of that number opens."""
    indent = re.match(r'\s*', text[number - 1]).group()
    for line in text[number:]:
        if line.startswith(indent + '}'):
            return
        yield line


def branches_that_count(text, number, branches):
    line = text[number - 1]
    if 'ensure(' in line:
        return []
    if (re.match(r'\s*switch \(', line) and branches[-1] == 0 and
            not any('default:' in other for other in inside(text, number))):
        return branches[:-1]
    for _ in re.findall(r'json_is_\w+\(', line):
        if 0 in branches:
            branches = sorted(branches, reverse=True)[:-1]
    return branches


class Source:
    def __init__(self, name, lines):
        text = (ROOT / name).read_text().splitlines()
        self.name = name
        self.lines = len(lines)
        self.lines_hit = sum(line.hits > 0 for line in lines.values())
        self.branches = self.branches_hit = 0
        self.missing = []
        for number, line in sorted(lines.items()):
            counted = branches_that_count(text, number, line.branches)
            missed = counted.count(0)
            self.branches += len(counted)
            self.branches_hit += len(counted) - missed
            if missed:
                self.missing.append(
                    f'{name}:{number}: {missed} of {len(counted)}: '
                    f'{text[number - 1].strip()}')
        self.whole = bool(WHOLE.match(name))

    def good(self):
        if self.whole:
            return not self.missing
        return share(self.branches_hit, self.branches) >= SHARE


def share(part, total):
    return 100 * part / total if total else 100


def show(name, sources, note=''):
    sums = [sum(getattr(source, key) for source in sources)
            for key in ('lines', 'lines_hit', 'branches', 'branches_hit')]
    print(f'{name:36} {sums[0]:6} {share(sums[1], sums[0]):7.1f}% '
          f'{sums[2]:9} {share(sums[3], sums[2]):7.1f}%  {note}'.rstrip())


def main(arguments):
    verbose = '-v' in arguments
    build = pathlib.Path(arguments[-1])
    sources = [Source(*item) for item in sorted(gather(build).items())]
    folders = collections.defaultdict(list)
    print(f'{"source":36} {"lines":>6} {"reached":>8} {"branches":>9} '
          f'{"taken":>8}')
    for source in sources:
        folders[source.name.rpartition('/')[0]].append(source)
        need = 100 if source.whole else SHARE
        show(source.name, [source],
             '' if source.good() else f'below {need:.0f}%')
    print()
    for folder, inside_it in sorted(folders.items()):
        show(folder + '/', inside_it)
    show('all', sources)
    print()
    for source in sources:
        if source.whole or verbose:
            for text in source.missing:
                print(text)
    bad = [source.name for source in sources if not source.good()]
    if bad:
        print(f'coverage: too little of {", ".join(bad)}')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
