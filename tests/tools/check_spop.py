#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks spop.py itself: it encodes as HAProxy does, and refuses what it
should. Prints TAP."""

import ipaddress
import socket
import sys
import threading

import spop
from spop import Frame, Raw, Reader, Refused, Typed

UUID = '8aa3e11c-3a0c-4d8e-9f2b-5a3c4ad1f6de'


def unhex(text):
    return bytes.fromhex(text)


VARINTS = [
    (0, '00'), (239, 'ef'), (240, 'f000'), (255, 'ff00'), (256, 'f001'),
    (300, 'fc03'), (1000, 'f82f'), (2287, 'ff7f'), (2288, 'f08000'),
    (16380, 'fcf006'), (16384, 'f0f106'), (65532, 'fcf01e'),
    (65536, 'f0f11e'), (264431, 'ffff7f'), (264432, 'f0808000'),
    (33818863, 'ffffff7f'), (33818864, 'f080808000'),
    (2**31 - 1, 'fff0fefe3e'), (2**32 - 1, 'fff0fefe7e'),
    (4328786159, 'ffffffff7f'), (4328786160, 'f08080808000'),
    (2**63 - 1, 'fff0fefefefefefefe06'), (2**64 - 1, 'fff0fefefefefefefe0e'),
]

HELLO = ('0000008101000000010000'
         '12737570706f727465642d76657273696f6e730803322e30'
         '0e6d61782d6672616d652d73697a6503fcf006'
         '0c6361706162696c69746965730810706970656c696e696e672c6173796e63'
         '09656e67696e652d69640824') + UUID.encode().hex()
CHECK = ('0000004e01000000010000'
         '12737570706f727465642d76657273696f6e730803322e30'
         '0e6d61782d6672616d652d73697a6503fcf006'
         '0c6361706162696c69746965730800'
         '0b6865616c7468636865636b11')
NOTIFY = ('00000026030000000107010363686b020373726306c6336417'
          '03786666080b3230332e302e3131332e39')
TYPES = ('0000003a030000000100010363686b0603737263067f000001'
         '066d6574686f6408034745540470617468'
         '08042f63686b016e04fc03016211046e6f6e6500')
NORMAL = ('0000002502000000010000'
          '0b7374617475732d636f64650300076d65737361676508066e6f726d616c')

ENCODED = [
    (HELLO, lambda: spop.hello_frame(
        capabilities='pipelining,async', engine_id=UUID)),
    (CHECK, lambda: spop.hello_frame(
        capabilities='', healthcheck=True, engine_id=None)),
    (NOTIFY, lambda: spop.notify_frame(7, 1, [('chk', [
        ('src', ipaddress.ip_address('198.51.100.23')),
        ('xff', '203.0.113.9')])])),
    (TYPES, lambda: spop.notify_frame(0, 1, [('chk', [
        ('src', ipaddress.ip_address('127.0.0.1')), ('method', 'GET'),
        ('path', '/chk'), ('n', 300), ('b', True), ('none', None)])])),
    (NORMAL, lambda: spop.disconnect_frame(0)),
    ('00000007' '00' '00000003' '0701', lambda: spop.unset_frame(
        7, 1, flags=spop.FIN | spop.ABORT)),
    ('00000008' '03' '00000000' 'fc0301', lambda: Frame(
        spop.NOTIFY, 0, 300, 1)),
]

AGENT_HELLO = ('0000004065000000010000'
               '0776657273696f6e0803322e30'
               '0e6d61782d6672616d652d73697a6503fcf006'
               '0c6361706162696c6974696573080a706970656c696e696e67')
AGENT_HELLO_EMPTY = ('0000003665000000010000'
                     '0776657273696f6e0803322e30'
                     '0e6d61782d6672616d652d73697a6503fcf006'
                     '0c6361706162696c69746965730800')
AGENT_BYE = ('0000003266000000010000'
             '0b7374617475732d636f64650308'
             '076d6573736167650813756e737570706f727465642076657273696f6e')
ACK = ('0000002367000000010701010302026970' '06cb007109'
       '0103020776657264696374' '080464656e79')
ACK_UNSET = '0000001267000000010701' '0202020776657264696374'


def ack(payload, flags='00000001'):
    return Frame.decode_body(unhex('67' + flags + '0701' + payload))


def refused(call):
    try:
        call()
    except Refused:
        return True
    return False


def hello_with(*items, **more):
    return Frame(spop.AGENT_HELLO, more.get('flags', spop.FIN),
                 more.get('stream_id', 0), more.get('frame_id', 0),
                 spop.encode_items(items))


VERSION = ('version', '2.0')
SIZE = ('max-frame-size', Typed(spop.UINT32, 16380))
WORDS = ('capabilities', 'pipelining')

BAD_ACKS = [
    ('no action', ''),
    ('unknown action', '03030201610464'),
    ('set-var with 2 arguments', '010202016100'),
    ('unset-var with 3 arguments', '0203020161'),
    ('scope 5', '010305016100'),
    ('empty name', '0103020000'),
    ('hyphen in a name', '01030203612d6200'),
    ('byte 0xff in a name', '010302' '01ff' '00'),
    ('name of 64 with scope and prefix',
     '010302' + '34' + '61' * 52 + '00'),
    ('reserved type 10', '0103020161' '0a'),
    ('reserved type 15', '0103020161' '0f'),
    ('string with a flag', '0103020161' '18' '0161'),
    ('boolean with flag 2', '0103020161' '21'),
    ('integer with a flag', '0103020161' '1401'),
    ('UINT32 of 33 bits', '0103020161' '03' 'f0f1fefe7e'),
    ('INT32 not sign-extended', '0103020161' '02' 'fff0fefe7e'),
    ('string too long by one', '0103020161' '08' '0261'),
    ('IPv4 of three bytes', '0103020161' '06' '010203'),
    ('IPv6 of four bytes', '0103020161' '07' '01020304'),
    ('trailing byte', '010302016100' '00'),
    ('half an action', '010302016100' '0103'),
    ('no value', '0103020161'),
]

BAD_HELLOS = [
    ('no version', lambda: hello_with(SIZE, WORDS)),
    ('no size', lambda: hello_with(VERSION, WORDS)),
    ('no capabilities', lambda: hello_with(VERSION, SIZE)),
    ('version 1.0', lambda: hello_with(('version', '1.0'), SIZE, WORDS)),
    ('version binary', lambda: hello_with(('version', b'2.0'), SIZE, WORDS)),
    ('size 255', lambda: hello_with(
        VERSION, ('max-frame-size', Typed(spop.UINT32, 255)), WORDS)),
    ('size above the offer', lambda: hello_with(
        VERSION, ('max-frame-size', Typed(spop.UINT32, 16381)), WORDS)),
    ('size a string', lambda: hello_with(
        VERSION, ('max-frame-size', '16380'), WORDS)),
    ('key twice', lambda: hello_with(VERSION, SIZE, WORDS, SIZE)),
    ('own key', lambda: hello_with(VERSION, SIZE, WORDS, ('version-x', 'a'))),
    ('async', lambda: hello_with(VERSION, SIZE, ('capabilities', 'async'))),
    ('stream-id', lambda: hello_with(VERSION, SIZE, WORDS, stream_id=1)),
    ('frame-id', lambda: hello_with(VERSION, SIZE, WORDS, frame_id=1)),
    ('no FIN', lambda: hello_with(VERSION, SIZE, WORDS, flags=0)),
    ('abort', lambda: hello_with(VERSION, SIZE, WORDS, flags=3)),
    ('reserved flag', lambda: hello_with(VERSION, SIZE, WORDS, flags=5)),
]


def check_varints(report):
    for number, text in VARINTS:
        report(f'varint {number} written',
               spop.encode_varint(number) == unhex(text))
        reader = Reader(unhex(text))
        report(f'varint {number} read',
               reader.varint() == number and reader.done())
        for cut in range(len(unhex(text))):
            report(f'varint {number} cut at {cut}',
                   refused(Reader(unhex(text)[:cut]).varint))
    report('varint -5', spop.encode_varint(-5) ==
           unhex('fbf0fefefefefefefe0e'))
    report('varint of 65 bits', refused(
        Reader(unhex('f0f1fefefefefefefe0e')).varint))
    report('varint of 11 bytes', refused(
        Reader(unhex('ff' + '80' * 9 + '00')).varint))


def check_encoding(report):
    for text, make in ENCODED:
        report(f'encodes {text[:40]}', make().encode() == unhex(text))
    report('headers', spop.encode_headers([('a', 'b'), ('c', '')]) ==
           unhex('016101620163000000'))
    report('raw value', spop.encode_items([('a', Raw(b'\x0f'))]) ==
           unhex('01610f'))
    pieces = spop.fragment_frames(7, 1, [('chk', [('a', 'bcdef')])], 6)
    report('fragments', [(f.type, f.flags, f.payload) for f in pieces] == [
        (spop.NOTIFY, 0, b'\3chk\1\1'), (spop.UNSET, 0, b'a\x08\5bcd'),
        (spop.UNSET, 1, b'ef')])


def check_hellos(report):
    hello = spop.decode_agent_hello(Frame.decode(unhex(AGENT_HELLO)))
    report('AGENT-HELLO', hello.max_frame_size == 16380 and
           hello.capabilities == ['pipelining'])
    hello = spop.decode_agent_hello(Frame.decode(unhex(AGENT_HELLO_EMPTY)))
    report('AGENT-HELLO without capabilities', hello.capabilities == [])
    for name, make in BAD_HELLOS:
        report(f'AGENT-HELLO refused: {name}',
               refused(lambda: spop.decode_agent_hello(make())))


def check_prefixes(report, name, text, decode):
    """Whatever is cut off the payload, it is refused."""
    whole = Frame.decode(unhex(text))
    for cut in range(len(whole.payload)):
        part = Frame(whole.type, whole.flags, whole.stream_id,
                     whole.frame_id, whole.payload[:cut])
        report(f'{name} cut at {cut}', refused(lambda: decode(part)))
    for cut in range(len(unhex(text))):
        report(f'{name} frame cut at {cut}',
               refused(lambda: Frame.decode(unhex(text)[:cut])))
    report(f'{name} and a byte more',
           refused(lambda: Frame.decode(unhex(text) + b'\0')))


def check_acks(report):
    answer = spop.decode_ack(Frame.decode(unhex(ACK)))
    report('ACK', answer.values == {
        ('txn', 'ip'): ipaddress.ip_address('203.0.113.9'),
        ('txn', 'verdict'): 'deny'} and not answer.unsets)
    answer = spop.decode_ack(Frame.decode(unhex(ACK_UNSET)))
    report('ACK with unset', answer.values == {} and
           answer.unsets == {('txn', 'verdict')})
    answer = spop.decode_ack(ack('0103020161' '11' '02020201' '61'))
    report('set, then unset', answer.values == {} and
           answer.unsets == {('txn', 'a')})
    answer = spop.decode_ack(ack('020202' '0161' '0103020161' '01'))
    report('unset, then set', answer.values == {('txn', 'a'): False} and
           not answer.unsets)
    answer = spop.decode_ack(ack('0103020161' '04' 'fbf0fefefefefefefe0e'))
    report('negative number', answer.get('a') == -5)
    report('name of 63 with scope and prefix', not refused(
        lambda: spop.decode_ack(ack('010302' + '33' + '61' * 51 + '00'))))
    for name, payload in BAD_ACKS:
        report(f'ACK refused: {name}',
               refused(lambda: spop.decode_ack(ack(payload))))
    for flags in ('00000000', '00000002', '00000003', '00000005'):
        report(f'ACK refused: flags {flags}', refused(
            lambda: spop.decode_ack(ack('010302016100', flags))))


def check_frames(report):
    for length in range(spop.FRAME_MIN):
        report(f'frame of {length} bytes refused', refused(
            lambda: Frame.decode(length.to_bytes(4, 'big') + bytes(length))))
    status = spop.decode_agent_disconnect(Frame.decode(unhex(AGENT_BYE)))
    report('AGENT-DISCONNECT', status == (8, 'unsupported version'))
    frames = spop.split_frames(unhex(ACK + ACK_UNSET))
    report('two frames', [frame.type for frame in frames] == [103, 103])


def agent_of_one(listener):
    """Greets, answers one NOTIFY, says good-bye."""
    sock = listener.accept()[0]
    with sock:
        for answer in (AGENT_HELLO, ACK, AGENT_BYE):
            length = int.from_bytes(sock.recv(4, socket.MSG_WAITALL), 'big')
            sock.recv(length, socket.MSG_WAITALL)
            sock.sendall(unhex(answer))


def check_peer(report):
    with socket.create_server(('127.0.0.1', 0)) as listener:
        thread = threading.Thread(target=agent_of_one, args=(listener,))
        thread.start()
        with spop.Peer(listener.getsockname()) as peer:
            report('peer greets', peer.hello().version == '2.0')
            report('peer asks', peer.ask(7, 1, [('m', [])]).get('verdict') ==
                   'deny')
            peer.disconnect()
            report('peer hears good-bye', peer.recv_disconnect()[0] == 8)
            peer.expect_closed()
        thread.join()


def main():
    results = []
    def report(name, good):
        results.append(good)
        print(f"{'ok' if good else 'not ok'} {len(results)} - {name}")
    for check in (check_varints, check_encoding, check_hellos, check_acks,
                  check_frames, check_peer):
        check(report)
    check_prefixes(report, 'AGENT-HELLO', AGENT_HELLO,
                   spop.decode_agent_hello)
    check_prefixes(report, 'AGENT-DISCONNECT', AGENT_BYE,
                   spop.decode_agent_disconnect)
    print(f'1..{len(results)}')
    return 0 if all(results) else 1


if __name__ == '__main__':
    sys.exit(main())
