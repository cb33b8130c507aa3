# SPDX-License-Identifier: Apache-2.0
"""Programs under test: which, with what in their environment, and what may
never be seen of them."""

import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent /
                       'integration'))

import harness
from page import Page

# A program that a sanitizer ends says so by this.
SANITIZER_EXIT = 66
OPTIONS = f'exitcode={SANITIZER_EXIT}:verify_asan_link_order=0:' \
    'allocator_may_return_null=1'

BAD_TEXTS = re.compile(
    r'Sanitizer|runtime error:|does not hold|double free|corrupted|'
    r'stack smashing|buffer overflow detected')

OWN, LIBRARIES, ALL = 'own', 'libraries', 'all'


class Wrong(Exception):
    """What must not happen has happened."""


def expect(condition, *why):
    if not condition:
        raise Wrong(' '.join(str(word) for word in why))


def programs(whose):
    """The directory of those whose calls can fail in that way."""
    return harness.BUILD / 'faults' if whose == OWN else harness.BUILD


def environment(whose, page):
    added = {'TRUESRC_FAULTS': page.path, 'ASAN_OPTIONS': OPTIONS,
             'LC_ALL': 'C'}
    if whose != OWN:
        added['LD_PRELOAD'] = str(harness.BUILD / 'faults' / 'preload.so')
    return {**os.environ, **added}


def new_page(directory, whose):
    return Page(pathlib.Path(directory) / 'page', foreign=whose == LIBRARIES)


# Of AddressSanitizer itself, when it gets no memory.
ITS_OWN = re.compile(r'AddressSanitizer: CHECK failed[^\n]*pthread_getattr_np')


class NoVerdict(Exception):
    """It was not the program that failed."""


def check_words(text):
    if ITS_OWN.search(text):
        raise NoVerdict
    found = BAD_TEXTS.search(text)
    expect(found is None, text[-6000:])


def check_death(code, text):
    """However it ended, it did not crash, and no sanitizer spoke."""
    expect(code is not None, 'it does not end:', text[-2000:])
    expect(code >= 0, f'died of signal {-code}:', text[-2000:])
    check_words(text)
    expect(code != SANITIZER_EXIT, text[-6000:])


def run(name, arguments, whose, page, given='', seconds=20):
    """Exit code, standard output, standard error."""
    try:
        done = subprocess.run(
            [str(programs(whose) / name), *arguments], input=given,
            env=environment(whose, page), capture_output=True, text=True,
            errors='replace', timeout=seconds * harness.SLOW)
    except subprocess.TimeoutExpired as error:
        raise Wrong(f'not ended after {error.timeout} seconds') from error
    check_death(done.returncode, done.stderr)
    return done.returncode, done.stdout, done.stderr


class Agent(harness.Agent):
    """A truesrc whose calls can be made to fail, also while it starts."""

    def __init__(self, config, files=None, whose=OWN):
        super().__init__(config, files=files)
        self.whose = whose
        self.page = new_page(self.directory, whose)

    def launch(self):
        with open(self.log_path, 'ab') as log:
            self.log_start = log.tell()
            self.process = subprocess.Popen(
                [str(programs(self.whose) / 'truesrc'), '-f',
                 str(self.config_path), '-f', str(self.directory / 'conf.d')],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment(self.whose, self.page),
                preexec_fn=self.limit)
        return self

    def write_file(self, name, text):
        """All at once: a reload that was held up may come in between."""
        super().write_file(name + '.new', text)
        os.replace(self.directory / (name + '.new'), self.directory / name)

    @property
    def local(self):
        return f'unix:{self.directory}/spop.sock'

    def tcp_ports(self):
        """Those it listens at, as the kernel knows them."""
        inodes = set()
        for link in os.listdir(f'/proc/{self.pid}/fd'):
            try:
                target = os.readlink(f'/proc/{self.pid}/fd/{link}')
            except OSError:
                continue
            inodes.update(re.findall(r'socket:\[(\d+)\]', target))
        ports = []
        with open('/proc/net/tcp') as table:
            for line in list(table)[1:]:
                fields = line.split()
                if fields[3] == '0A' and fields[9] in inodes:
                    ports.append(int(fields[1].rpartition(':')[2], 16))
        return ports

    def end(self, seconds=10):
        """INT; that is a good end. Nothing may have leaked."""
        code = self.stop(seconds)
        check_death(code, self.log)
        expect(code == 0, f'ended with {code}:', self.log[-2000:])

    def remove(self):
        self.kill()
        super().remove()
        self.page.close()
