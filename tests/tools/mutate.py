#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Would the tests notice? Makes small mistakes in proto/ and agent/policy/, one
at a time, and runs the tests that should fail.

usage: mutate.py [--count N] [--seed S] [--jobs J] [--only FILE ...]
                 [--again LOG] [--scratch DIR] [--list]

A mutant is one change of the text of one source: a comparison, an operator, a
constant, a condition, an enumerator, a statement. Mutants are spread over the
files by size. One that does not compile, or whose object code is that of the
source or of another mutant, is not counted. A mutant is killed when a test
fails, crashes, or takes far longer than it should; tests run the nearest first,
then the fastest. What survives is tried once more under sanitizers.

The same seed gives the same mutants. --again takes the survivors from what an
earlier run printed. --scratch keeps what was built in DIR, for the next run.
Works in a copy of the tree. The last line is the sum; ends with 1 when fewer
than --least percent were killed.
"""

import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import random
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
COPIED = ['Makefile', 'proto', 'conf', 'agent', 'tests']

# Sources, and the unit tests that should know them.
AREAS = [
    (['proto/text/*.[ch]', 'proto/spop/*.[ch]'],
     ['address', 'entry', 'prefix', 'line', 'forwarded', 'wire', 'frame',
      'hello', 'disconnect', 'notify', 'ack'], []),
    (['agent/policy/' + name for name in (
        'walk.c', 'pick.c', 'entries.c', 'lines.c', 'peer.c', 'conflict.c',
        'evaluate.c', 'verdict.c', 'set.c', 'request.c', 'names.c',
        'compiled.h')],
     ['policy', 'walk', 'pick', 'peer', 'sources', 'conflict', 'verdict',
      'forward', 'trace', 'request', 'names', 'bounds', 'memory',
      'mutants'],
     ['tests/conformance/run-cases.py {ctl}',
      'tests/conformance/random_policies.py --policies 150 --chains 30 '
      '--seed 1 --jobs 1 {ctl}']),
]

BUILDS = {
    'plain': ['VARIANT=mutants', 'FLAGS_mutants=-O2 -fPIC'],
    'sanitized': ['VARIANT=asan', 'CFLAGS=-fPIC'],
}


# ---- what can be changed ----


class Site:
    """One change: text[start:end] becomes new."""

    def __init__(self, path, text, start, end, new):
        self.path = path
        self.start = start
        self.end = end
        self.old = text[start:end]
        self.new = new + '\n' * (self.old.count('\n') - new.count('\n'))
        self.line = text.count('\n', 0, start) + 1
        begin = text.rfind('\n', 0, start) + 1
        self.column = start - begin + 1
        self.context = ' '.join(text[begin:text.find('\n', end)].split())

    def __str__(self):
        old, new = (' '.join(text.split()) for text in (self.old, self.new))
        return f'{self.path}:{self.line}:{self.column}: {old} -> {new}'

    def apply(self, text):
        return text[:self.start] + self.new + text[self.end:]


RELATIONS = {'<': ['<=', '>='], '<=': ['<', '>'], '>': ['>=', '<='],
             '>=': ['>', '<'], '==': ['!='], '!=': ['==']}
OPERATORS = {'&&': ['||'], '||': ['&&'], '+': ['-'], '-': ['+'],
             '*': ['+'], '/': ['*'], '%': ['/'], '<<': ['>>'], '>>': ['<<'],
             '&': ['|'], '|': ['&'], '^': ['|'], '+=': ['-=', '='],
             '-=': ['+=', '='], '|=': ['&=', '='], '&=': ['|=', '='],
             '<<=': ['>>='], '>>=': ['<<='], **RELATIONS}
WORDS = {'true': ['false'], 'false': ['true']}

LITERALS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"'
                      r"|'(?:\\.|[^'\\\n])*'|^[ \t]*#(?:\\\n|[^\n])*",
                      re.DOTALL | re.MULTILINE)
BODY = re.compile(r'^\{\n.*?^\}$', re.DOTALL | re.MULTILINE)
TABLE = re.compile(r'^(?:enum|static const)\b[^;(]*?\{.*?\};$',
                   re.DOTALL | re.MULTILINE)
BINARY = re.compile(r'(?<=\s)[-<>=!&|+*/%^]{1,3}(?=\s)')
NUMBER = re.compile(r'\b(0x[0-9a-f]+|[0-9]+)([uUlL]*)\b')
WORD = re.compile(r'\b[A-Za-z_]\w*\b')
STEP = re.compile(r'\+\+|--')
NOT = re.compile(r'!(?=[\w(*])')
CONDITION = re.compile(r'\bif (?=\()')
CHOICE = re.compile(r'(?<=\s)\?(?=\s)')
JUMP = re.compile(r'\b(break|continue|return);')
# An assignment or a call that is a statement of its own.
STATEMENT = re.compile(
    r'(?<=\t)(?!(?:if|for|while|switch|return|case|do|sizeof)\b)'
    r'(?:\(?\*?[A-Za-z_][\w>.\[\]+*-]*\)?[\w>.\[\]-]*'
    r'(?: (?:[-+|&^*/%]|<<|>>)?= |\()|(?:\+\+|--)[\w>.-]+;'
    r'|\*?[\w>.-]+(?:\+\+|--);)')
DIGITS = re.compile(r'"[0-9]{8,}"')


def mask(text):
    """Comments, literals and directives become blanks of the same length."""
    return LITERALS.sub(
        lambda match: re.sub(r'[^\n]', ' ', match.group()), text)


def matching(text, at):
    """Where the bracket at that place is closed."""
    depth = 0
    for place in range(at, len(text)):
        depth += text[place] in '([{'
        depth -= text[place] in ')]}'
        if depth == 0:
            return place
    raise ValueError('a bracket is never closed')


def statement_end(text, at):
    while text[at] != ';':
        at = matching(text, at) + 1 if text[at] in '([{' else at + 1
    return at


class Source:
    """A file, and everything in it that can be changed."""

    def __init__(self, path, enums):
        self.path = path
        self.text = (ROOT / path).read_text(encoding='utf-8')
        self.masked = mask(self.text)
        self.enums = enums
        self.sites = []
        for body in BODY.finditer(self.masked):
            self.read(body.start(), body.end(), True)
        for table in TABLE.finditer(self.masked):
            if path.endswith('.c'):
                self.read(table.start(), table.end(), False)
        if path.endswith('.c'):
            self.read_digits()

    def add(self, start, end, *news):
        self.sites += [Site(self.path, self.text, start, end, new)
                       for new in news if new != self.text[start:end]]

    def find(self, pattern, span):
        return pattern.finditer(self.masked, *span)

    def read(self, start, end, is_body):
        span = (start, end)
        for match in self.find(NUMBER, span):
            if self.masked[match.start() - 1:match.end() + 1] == '{0}':
                continue  # nothing at all, not the number
            value = int(match[1], 0)
            self.add(*match.span(), *(
                str(near) + match[2] for near in (value + 1, value - 1)
                if near >= 0))
        for match in self.find(WORD, span):
            self.add(*match.span(), *self.enums.get(match[0], []),
                     *WORDS.get(match[0], []))
        if is_body:
            self.read_operators(span)
            self.read_statements(span)

    def read_operators(self, span):
        for match in self.find(BINARY, span):
            self.add(*match.span(), *OPERATORS.get(match[0], []))
        for match in self.find(STEP, span):
            self.add(*match.span(), '--' if match[0] == '++' else '++')
        for match in self.find(NOT, span):
            self.add(*match.span(), '')
        for match in self.find(CONDITION, span):
            end = matching(self.masked, match.end()) + 1
            self.add(match.end(), end, '(true)', '(false)')
        for match in self.find(CHOICE, span):
            self.add(*match.span(), '|| true ?', '&& false ?')

    def read_statements(self, span):
        for match in self.find(JUMP, span):
            self.add(*match.span(), ';')
        for match in self.find(STATEMENT, span):
            end = statement_end(self.masked, match.start()) + 1
            self.add(match.start(), end, ';')

    def read_digits(self):
        """Tables that are written as strings of digits."""
        for match in DIGITS.finditer(self.text):
            for at in range(match.start() + 1, match.end() - 1):
                digit = int(self.text[at])
                self.add(at, at + 1, str((digit + 1) % 10))


def read_enums(paths):
    """The enumerators that stand beside each one in its enumeration."""
    beside = {}
    for path in paths:
        text = mask(path.read_text(encoding='utf-8'))
        for match in re.finditer(r'\benum \w+ \{(.*?)\}', text, re.DOTALL):
            names = re.findall(r'(?:^|,)\s*([A-Z][A-Z0-9_]+)', match[1])
            names = [name for name in names if not name.endswith('COUNT')]
            for at, name in enumerate(names):
                beside[name] = [names[at - 1], names[(at + 1) % len(names)]]
    return beside


# ---- which of these ----


class Plan:
    """Gives sites file by file until each file has its share of mutants."""

    def __init__(self, sources, count, seed):
        self.lock = threading.Lock()
        self.seen = set()
        lines = {source.path: len({site.line for site in source.sites})
                 for source in sources}
        self.queues = {source.path: self.shuffle(source, seed)
                       for source in sources}
        total = sum(lines.values())
        self.due = {path: max(2, round(count * lines[path] / total))
                    for path in lines if lines[path]}

    @staticmethod
    def shuffle(source, seed):
        """Lines at random, then one of the line's sites at random."""
        rng = random.Random(f'{seed}/{source.path}')
        lines = {}
        for site in source.sites:
            lines.setdefault(site.line, []).append(site)
        for sites in lines.values():
            rng.shuffle(sites)
        queue = []
        while lines:
            for line in rng.sample(sorted(lines), len(lines)):
                queue.append(lines[line].pop())
            lines = {line: sites for line, sites in lines.items() if sites}
        return queue[::-1]

    def next(self):
        with self.lock:
            for path, due in self.due.items():
                if due > 0 and self.queues[path]:
                    self.due[path] -= 1
                    return self.queues[path].pop()
        return None

    def counts(self, site, digest):
        """Is it a new program? If not, the file gets another mutant."""
        with self.lock:
            fresh = digest is not None and digest not in self.seen
            self.seen.add(digest)
            if not fresh:
                self.due[site.path] += 1
            return fresh


class Again(Plan):
    """The survivors of an earlier run."""

    def __init__(self, sources, log):
        super().__init__([], 0, 0)
        told = set(re.findall(r'^SURVIVED (.*)$', log.read_text(), re.M))
        self.queues = {source.path: [site for site in source.sites
                                     if str(site) in told]
                       for source in sources}
        self.due = {path: len(queue) for path, queue in self.queues.items()}


# ---- building ----


def area_of(path):
    return next(area for area in AREAS
                if any(pathlib.PurePath(path).match(glob)
                       for glob in area[0]))


def tests_of(area):
    globs = [f'test_{stem}*' for stem in area[1]]
    return sorted({path.stem for glob in globs
                   for path in (ROOT / 'tests/unit').glob(glob + '.c')})


def quietly(command, folder):
    done = subprocess.run(command, cwd=folder, check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return None if done.returncode == 0 else done.stdout


class Build:
    """All objects, built once; the tests take the library as a shared one."""

    def __init__(self, name, scratch, jobs, areas):
        self.tree = scratch / 'tree'
        self.out = scratch / name
        tests = sorted({test for area in areas for test in tests_of(area)})
        targets = [f'{self.out}/tests/{test}' for test in tests]
        targets.append(f'{self.out}/truesrcctl')
        make = ['make', f'B={self.out}', 'WARNINGS=-w', *BUILDS[name]]
        recipe = subprocess.run(
            make + ['-n', '-B', *targets], cwd=self.tree, check=True,
            text=True, stdout=subprocess.PIPE).stdout.splitlines()
        error = quietly(make + [f'-j{jobs}', *targets], self.tree)
        if error:
            sys.exit(error)
        self.compile = {}
        self.links = []
        self.wrapping = {}  # programs that only static linking can make
        for line in recipe:
            words = shlex.split(line)
            if ' -c -o ' in line:
                self.compile[words[-1]] = words
            elif '--wrap' in line:
                name = pathlib.Path(words[words.index('-o') + 1]).name
                self.wrapping[name] = words
            elif f'{self.out}/libtruesrc.a -l' in line:
                self.links.append(words)
        self.objects = [words[words.index('-o') + 1]
                        for path, words in self.compile.items()
                        if not path.startswith('tests/')
                        and path not in ('agent/control/truesrcctl.c',)]
        self.link_tests()

    def link_tests(self):
        library = self.link_library(self.out, {})
        for words in self.links:
            words = [str(library) if word.endswith('/libtruesrc.a') else word
                     for word in words]
            error = quietly(words, self.tree)
            if error:
                sys.exit(error)

    def link_library(self, folder, instead):
        """instead: other objects for some."""
        library = folder / 'libtruesrc.so'
        cc = self.links[0][:self.links[0].index('-o')]
        objects = [instead.get(path, path) for path in self.objects]
        error = quietly(
            cc + ['-shared', '-Wl,-Bsymbolic,-soname,libtruesrc.so', '-o',
                  str(library), *objects], self.tree)
        if error:
            sys.exit(error)
        return library

    def link_wrapping(self, name, folder):
        """The test with the folder's own objects; gives where it is."""
        words = list(self.wrapping[name])
        words[words.index('-o') + 1] = str(folder / name)
        at = words.index(f'{self.out}/libtruesrc.a')
        words[at:at] = map(str, folder.glob('*.o'))
        error = quietly(words, self.tree)
        if error:
            sys.exit(error)
        return str(folder / name)

    def users(self, path):
        """The sources of its area that a file is compiled with."""
        if path.endswith('.c'):
            return [path]
        globs = [str(pathlib.PurePath(glob).parent)
                 for glob in area_of(path)[0]]
        found = []
        for source, words in self.compile.items():
            rules = pathlib.Path(words[words.index('-o') + 1]).with_suffix(
                '.d')
            if (str(pathlib.PurePath(source).parent) in globs
                    and path in rules.read_text().split()):
                found.append(source)
        return found

    def mutate(self, site, folder):
        """Compiles and links a mutant; gives a digest of its objects, or
        None when it does not compile or nothing has changed."""
        tree = folder / 'tree'
        target = tree / site.path
        text = target.read_text(encoding='utf-8')
        instead = {}
        for path in folder.glob('*.o'):
            path.unlink()
        target.write_text(site.apply(text), encoding='utf-8')
        try:
            for source in self.users(site.path):
                words = [word for word in self.compile[source]
                         if word not in ('-MMD', '-MP')]
                at = words.index('-o') + 1
                usual, words[at] = words[at], str(
                    folder / (source.replace('/', '-') + '.o'))
                if quietly(words + ['-g0'], tree):
                    return None
                instead[usual] = words[at]
        finally:
            target.write_text(text, encoding='utf-8')
        code = [pathlib.Path(path).read_bytes() for path in instead.values()]
        digest = hashlib.sha256(b''.join(code)).hexdigest()
        self.link_library(folder, instead)
        return digest


# ---- running ----


class Test:
    def __init__(self, name, words, cpu, fork):
        self.name = name
        self.words = words
        self.cpu = cpu    # seconds it may take, far more than it does
        self.fork = fork  # "yes": each test in a process of its own


def limits(cpu):
    def apply():
        os.nice(10)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return apply


def passes(words, tree, library, cpu, fork='no'):
    """Runs a test of ours, up to the first thing that is not ok."""
    environment = dict(os.environ, CK_FORK=fork, LC_ALL='C.UTF-8',
                       PYTHONDONTWRITEBYTECODE='1',
                       LD_LIBRARY_PATH=str(library),
                       UBSAN_OPTIONS='halt_on_error=1')
    child = subprocess.Popen(
        words, cwd=tree, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True, preexec_fn=limits(cpu))

    def end():
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    timer = threading.Timer(20 * cpu + 30, end)
    timer.start()
    try:
        good = not any(line.startswith(b'not ok') for line in child.stdout)
        good = good and child.wait() == 0
    finally:
        timer.cancel()
        end()
        child.stdout.close()
        child.wait()
    return good


class Suite:
    """The tests of each area with a build, those that pass as it is."""

    def __init__(self, build, areas, with_programs):
        self.build = build
        self.by_area = {}
        for area in areas:
            tests = [(name, [f'{build.out}/tests/{name}'])
                     for name in tests_of(area)]
            if with_programs:
                tests += [self.program(line) for line in area[2]]
            self.by_area[id(area)] = self.measure(tests)

    def program(self, line):
        words = line.format(ctl=f'{self.build.out}/truesrcctl').split()
        return pathlib.Path(words[0]).stem, ['/usr/bin/python3', *words]

    def measure(self, tests):
        measured = []
        for name, words in tests:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            fork = 'yes' if name in self.build.wrapping else 'no'
            good = passes(words, self.build.tree, self.build.out, 600, fork)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = (after.ru_utime + after.ru_stime
                     - before.ru_utime - before.ru_stime)
            if good:
                measured.append((spent, Test(
                    name, words, int(2 + 5 * spent), fork)))
            else:
                print(f'# left out, fails without a change: {name}')
        measured.sort(key=lambda item: item[0])
        return [test for _, test in measured]

    def killer(self, site, folder):
        """The name of the first test that fails, or None."""
        near = pathlib.PurePath(site.path).stem
        tests = self.by_area[id(area_of(site.path))]
        for test in sorted(tests, key=lambda test: near not in test.name):
            words = test.words
            if test.fork == 'yes':
                words = [self.build.link_wrapping(test.name, folder)]
            if not passes(words, self.build.tree, folder, test.cpu,
                          test.fork):
                return test.name
        return None


class Worker:
    """A place to compile and link one mutant at a time."""

    def __init__(self, scratch, number):
        self.folder = scratch / f'worker-{number}'
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ('proto', 'conf', 'agent'):
            shutil.copytree(scratch / 'tree' / name,
                            self.folder / 'tree' / name)

    def run(self, plan, suite, unchanged, report):
        while True:
            site = plan.next()
            if site is None:
                return
            digest = suite.build.mutate(site, self.folder)
            if digest in unchanged:
                digest = None
            if plan.counts(site, digest):
                report(site, suite.killer(site, self.folder))

    def unchanged(self, build, path):
        """The digest of what is no mutant."""
        text = (ROOT / path).read_text(encoding='utf-8')
        return build.mutate(Site(path, text, 0, 0, ''), self.folder)


def run_all(plan, suite, scratch, jobs, paths, report):
    workers = [Worker(scratch, number) for number in range(jobs)]
    unchanged = {workers[0].unchanged(suite.build, path) for path in paths}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for future in [pool.submit(worker.run, plan, suite, unchanged, report)
                       for worker in workers]:
            future.result()


def run_again(survivors, scratch, jobs, areas, report):
    """The survivors under sanitizers."""
    print(f'\n# {len(survivors)} once more under sanitizers', flush=True)
    suite = Suite(Build('sanitized', scratch, jobs, areas), areas, False)
    worker = Worker(scratch, 0)
    for site in survivors:
        suite.build.mutate(site, worker.folder)
        report(site, suite.killer(site, worker.folder))


# ---- the whole ----


class Tally:
    def __init__(self):
        self.started = time.monotonic()
        self.lock = threading.Lock()
        self.killers = {}

    def report(self, site, killer):
        with self.lock:
            self.killers[site] = killer
            seconds = time.monotonic() - self.started
            print(f'{len(self.killers):4} {seconds:5.0f} s  {site}  '
                  f'{"by " + killer if killer else "ALIVE"}', flush=True)

    def survivors(self):
        return [site for site in self.killers if not self.killers[site]]

    def show(self):
        print(f'\n{"source":32} {"mutants":>8} {"killed":>8} {"alive":>8}')
        paths = sorted({site.path for site in self.killers})
        for path in paths:
            mine = [killer for site, killer in self.killers.items()
                    if site.path == path]
            print(f'{path:32} {len(mine):8} {len(mine) - mine.count(None):8} '
                  f'{mine.count(None):8}')
        for site in self.survivors():
            print(f'\n\t{site.context}\nSURVIVED {site}')
        alive = len(self.survivors())
        count = len(self.killers)
        share = 100 * (count - alive) / max(count, 1)
        print(f'\n{count} mutants, {count - alive} killed, {alive} survived '
              f'({share:.1f} %)')
        return share


def parse_options():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument('--count', type=int, default=200)
    parser.add_argument('--seed', default='1')
    parser.add_argument('--jobs', type=int, default=1)
    parser.add_argument('--only', action='append', default=[])
    parser.add_argument('--again', type=pathlib.Path)
    parser.add_argument('--scratch', type=pathlib.Path)
    parser.add_argument('--least', type=float, default=95.0)
    parser.add_argument('--list', action='store_true')
    return parser.parse_args()


def read_sources(only):
    paths = sorted({str(path.relative_to(ROOT)) for area in AREAS
                    for glob in area[0] for path in ROOT.glob(glob)})
    if set(only) - set(paths):
        sys.exit(f'no source to change: {set(only) - set(paths)}')
    enums = read_enums([path for folder in ('proto', 'conf', 'agent/policy')
                        for path in sorted((ROOT / folder).rglob('*.[ch]'))])
    sources = [Source(path, enums) for path in only or paths]
    return [source for source in sources if source.sites]


def copy_tree(scratch):
    """Files keep their dates, so that make does again only what has to be."""
    tree = scratch / 'tree'
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, tree / name)


def run(options, scratch):
    sources = read_sources(options.only)
    plan = (Again(sources, options.again) if options.again else
            Plan(sources, options.count, options.seed))
    paths = [path for path, due in plan.due.items() if due]
    areas = [area for area in AREAS if any(area_of(path) is area
                                           for path in paths)]
    copy_tree(scratch)
    suite = Suite(Build('plain', scratch, options.jobs, areas), areas, True)
    tally = Tally()
    run_all(plan, suite, scratch, options.jobs, paths, tally.report)
    survivors = tally.survivors()
    if survivors:
        run_again(survivors, scratch, options.jobs, areas, tally.report)
    return tally.show() >= options.least


def main():
    options = parse_options()
    if options.list:
        for source in read_sources(options.only):
            for site in source.sites:
                print(f'{site}\t{site.context}')
        return 0
    if options.scratch:
        return 0 if run(options, options.scratch.resolve()) else 1
    with tempfile.TemporaryDirectory(prefix='truesrc-mutants-') as folder:
        return 0 if run(options, pathlib.Path(folder)) else 1


if __name__ == '__main__':
    sys.exit(main())
