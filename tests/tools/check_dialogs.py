#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Decodes what dialogs said in the exhaustive tests, strictly and
independently: the answers have to be those that the input wants, in order.
Prints TAP.

    check_dialogs.py            runs the tests, of the build directory $B
    check_dialogs.py FILE       what they wrote by TRUESRC_RECORD=FILE
"""

import os
import subprocess
import sys
import tempfile

import spop
from relay import whole_frames

PROGRAMS = ('test_exhaustive',)


def offered(data):
    """The max-frame-size of a HELLO that was taken."""
    return spop.Reader(data.payload).items()['max-frame-size'][1]


def judge(asked, said):
    """Refused, unless what was said answers what was asked."""
    frames = spop.split_frames(said)
    last = frames.pop() if frames and \
        frames[-1].type == spop.AGENT_DISCONNECT else None
    if last is not None:
        spop.decode_agent_disconnect(last)
    if not frames:
        return
    questions = whole_frames(asked)
    hello = spop.decode_agent_hello(frames[0], offered(questions[0]))
    open_ids = [(frame.stream_id, frame.frame_id) for frame in questions[1:]
                if frame.type == spop.NOTIFY]
    for frame in frames[1:]:
        spop.refuse_unless(len(frame.body()) <= hello.max_frame_size,
                           'a frame of', len(frame.body()))
        ack = spop.decode_ack(frame)
        ids = (ack.stream_id, ack.frame_id)
        spop.refuse_unless(ids in open_ids, 'an answer to', *ids)
        # Those before were given up: answers keep the order.
        del open_ids[:open_ids.index(ids) + 1]
        spop.refuse_unless(('txn', 'ok') in ack.values or
                           ack.actions == [('txn', 'error', None, None)],
                           'no ok in', ack)


def check_file(name):
    faults = []
    count = said = 0
    with open(name, encoding='ascii') as lines:
        for line in lines:
            count += 1
            asked, answer = map(bytes.fromhex,
                                line.rstrip('\n').split('\t'))
            said += len(answer)
            try:
                judge(asked, answer)
            except (spop.Refused, KeyError, IndexError) as fault:
                faults.append(f'{fault}: {line.strip()}')
    good = count >= 1000 and not faults
    print('1..1')
    print(f"{'ok' if good else 'not ok'} 1 - {count} conversations, "
          f'{said} bytes said, {len(faults)} refused')
    for fault in faults[:5]:
        print(f'# {fault}')
    return 0 if good else 1


def main():
    if len(sys.argv) > 1:
        return check_file(sys.argv[1])
    tests = os.path.join(os.environ.get('B', 'build/release'), 'tests')
    with tempfile.NamedTemporaryFile(suffix='.dialogs') as record:
        for program in PROGRAMS:
            subprocess.run([os.path.join(tests, program)], check=True,
                           stdout=subprocess.DEVNULL,
                           env={**os.environ, 'TRUESRC_RECORD': record.name})
        return check_file(record.name)


if __name__ == '__main__':
    sys.exit(main())
