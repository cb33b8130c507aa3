#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Decodes the frames that test_emit writes, strictly and independently, and
compares what they say with what was meant. Prints TAP.

    check_emitted.py            runs test_emit, of the build directory $B
    check_emitted.py FILE       what it wrote by TRUESRC_EMIT=FILE
"""

import os
import subprocess
import sys
import tempfile

import spop

NAMES = {spop.UINT32: 'uint32', spop.INT64: 'int64', spop.IPV4: 'ipv4',
         spop.IPV6: 'ipv6', spop.STRING: 'string'}


def describe_value(code, value):
    if code == spop.NULL:
        return 'null'
    if code == spop.BOOL:
        return 'true' if value else 'false'
    if code in (spop.IPV4, spop.IPV6):
        value = value.packed.hex()
    elif code == spop.STRING:
        value = spop.to_bytes(value).hex()
    return f'{NAMES[code]} {value}'


def describe_action(action):
    scope, name, code, value = action
    if code is None:
        return f'unset {scope} {name}'
    return f'set {scope} {name} {describe_value(code, value)}'


def describe(frame):
    if frame.type == spop.AGENT_HELLO:
        hello = spop.decode_agent_hello(frame, offered=2**32 - 1)
        return ' '.join(['hello', str(hello.max_frame_size)] +
                        hello.capabilities)
    if frame.type == spop.AGENT_DISCONNECT:
        status, message = spop.decode_agent_disconnect(frame)
        spop.refuse_unless(
            message == spop.STATUS_TEXTS.get(status, spop.STATUS_TEXTS[99]),
            'status', status, 'with the words', message)
        return f'disconnect {status}'
    ack = spop.decode_ack(frame)
    return '; '.join([f'ack {ack.stream_id} {ack.frame_id}'] +
                     [describe_action(action) for action in ack.actions])


def check_line(line):
    """Gives what is wrong, or None."""
    meant, _, text = line.rstrip('\n').partition('\t')
    try:
        said = describe(spop.Frame.decode(bytes.fromhex(text)))
    except spop.Refused as refused:
        return f'{refused}: {text}'
    return None if said == meant else f'{said!r}, meant {meant!r}: {text}'


def check_file(name):
    kinds = {'ack': 0, 'hello': 0, 'disconnect': 0}
    faults = {kind: [] for kind in kinds}
    with open(name, encoding='ascii') as lines:
        for line in lines:
            kind = line.split()[0]
            kinds[kind] += 1
            fault = check_line(line)
            if fault is not None:
                faults[kind].append(fault)
    print(f'1..{len(kinds)}')
    for number, (kind, count) in enumerate(kinds.items(), 1):
        good = count > 0 and not faults[kind]
        print(f"{'ok' if good else 'not ok'} {number} - "
              f'{count} {kind} frames, {len(faults[kind])} refused')
        for fault in faults[kind][:5]:
            print(f'# {fault}')
    return 0 if all(kinds.values()) and not any(faults.values()) else 1


def main():
    if len(sys.argv) > 1:
        return check_file(sys.argv[1])
    program = os.path.join(os.environ.get('B', 'build/release'),
                           'tests/test_emit')
    with tempfile.NamedTemporaryFile(suffix='.frames') as frames:
        subprocess.run([program], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, 'TRUESRC_EMIT': frames.name})
        return check_file(frames.name)


if __name__ == '__main__':
    sys.exit(main())
