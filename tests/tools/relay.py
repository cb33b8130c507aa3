# SPDX-License-Identifier: Apache-2.0
"""A relay between HAProxy and an agent that keeps what both say, and reads it
strictly.

    with Relay('127.0.0.1:9000') as relay:
        ... a HAProxy whose agent is relay.address ...
    for conversation in relay.conversations:
        print(conversation.faults())
"""

import socket
import threading

import spop


class Conversation:
    """One connection: what HAProxy said, what the agent said, in bytes."""

    def __init__(self):
        self.haproxy = b''
        self.agent = b''
        self.first_segment = b''    # the agent's, as it was received

    def asked(self):
        return whole_frames(self.haproxy)

    def said(self):
        return whole_frames(self.agent)

    def faults(self, prefix='truesrc'):
        """What is wrong with the agent's side; [] when nothing is."""
        try:
            return self.judge(prefix)
        except spop.Refused as refused:
            return [str(refused)]

    def judge(self, prefix):
        asked, said = self.asked(), self.said()
        if not asked:
            return ['an answer to nothing'] if self.agent else []
        if not said:
            return ['no answer']
        if said[0].type == spop.AGENT_DISCONNECT:
            spop.decode_agent_disconnect(said[0])
            return []
        faults = []
        offer = spop.Reader(asked[0].payload).items()['max-frame-size'][1]
        hello = spop.decode_agent_hello(said[0], offer)
        if len(self.first_segment) < len(said[0].encode()):
            faults.append('the HELLO came in pieces')
        for frame in said:
            if len(frame.body()) > hello.max_frame_size:
                faults.append(f'a frame of {len(frame.body())} bytes')
        return faults + self.judge_answers(asked, said[1:], prefix)

    @staticmethod
    def judge_answers(asked, said, prefix):
        """Each NOTIFY has one ACK, and nothing else has any."""
        open_ids = [(frame.stream_id, frame.frame_id) for frame in asked
                    if frame.type == spop.NOTIFY]
        for frame in asked:
            if frame.flags & spop.ABORT:
                open_ids.remove((frame.stream_id, frame.frame_id))
        faults = []
        for frame in said:
            if frame.type == spop.AGENT_DISCONNECT:
                spop.decode_agent_disconnect(frame)
                if frame is not said[-1]:
                    faults.append('frames behind the last word')
                continue
            ack = spop.decode_ack(frame, prefix)
            ids = (ack.stream_id, ack.frame_id)
            if ids in open_ids:
                open_ids.remove(ids)
            else:
                faults.append(f'an answer to {ids}, which nobody asked')
        if open_ids:
            faults.append(f'no answer to {open_ids}')
        return faults

    def acks(self, prefix='truesrc'):
        return [spop.decode_ack(frame, prefix) for frame in self.said()
                if frame.type == spop.ACK]


def whole_frames(data):
    """The frames in data, up to one that is broken or not whole."""
    frames = []
    while len(data) >= 4:
        length = int.from_bytes(data[:4], 'big')
        if len(data) < 4 + length:
            break
        try:
            frames.append(spop.Frame.decode_body(data[4:4 + length]))
        except spop.Refused:
            break
        data = data[4 + length:]
    return frames


class Relay:
    """path: a local socket to listen on, instead of a port of loopback."""

    def __init__(self, target, path=None):
        self.target = target
        self.conversations = []
        if path is None:
            self.socket = socket.create_server(('127.0.0.1', 0), backlog=512)
            self.address = '127.0.0.1:%d' % self.socket.getsockname()[1]
        else:
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.bind(str(path))
            self.socket.listen(512)
            self.address = f'unix@{path}'
        self.threads = []
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Listens no more, and waits until all is said."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        for thread in list(self.threads):
            thread.join(10)

    def accept(self):
        while True:
            try:
                sock, _ = self.socket.accept()
            except OSError:
                return
            conversation = Conversation()
            self.conversations.append(conversation)
            thread = threading.Thread(target=self.serve, daemon=True,
                                      args=(sock, conversation))
            self.threads.append(thread)
            thread.start()

    def serve(self, sock, conversation):
        try:
            agent = spop.open_socket(self.target, None)
        except OSError:
            sock.close()
            return
        back = threading.Thread(target=self.copy_back, daemon=True,
                                args=(agent, sock, conversation))
        back.start()
        self.copy(sock, agent, conversation)
        back.join(10)
        sock.close()
        agent.close()

    @staticmethod
    def copy(sock, agent, conversation):
        try:
            while data := sock.recv(65536):
                conversation.haproxy += data
                agent.sendall(data)
        except OSError:
            pass
        try:
            agent.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    @staticmethod
    def copy_back(agent, sock, conversation):
        try:
            while data := agent.recv(65536):
                conversation.first_segment = (conversation.first_segment or
                                              data)
                conversation.agent += data
                sock.sendall(data)
        except OSError:
            pass
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
