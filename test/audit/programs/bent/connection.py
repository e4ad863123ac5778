"""One TCP connection to the gateway: sends any bytes as records, under the keys of the moment or none, and tells how it was ended."""

import json
import socket

from tlslite.constants import AlertDescription
from tlslite.errors import TLSAbruptCloseError
from tlslite.messages import Message
from tlslite.recordlayer import ConnectionState, RecordLayer

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT = 20, 21, 22, 23, 24
FATAL = 2
# Seconds that the server may be silent: far more than it takes, and what makes a hang a failure.
DEADLINE = 20


def record(kind, data):
    return bytes([kind, 3, 3]) + len(data).to_bytes(2, "big") + bytes(data)


class Ended(Exception):
    """The server ended the connection; the argument tells how: `closed`, or its alert."""


class _Wire:
    """Keeps what is sent until something is to be read, so that a flight arrives whole, and none of it after the server has hung up."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.kept = bytearray()

    def send(self, data):
        self.kept += data
        return len(data)

    def flush(self):
        data, self.kept = self.kept, bytearray()
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # What it said before it went is still there to be read.

    def recv(self, size):
        self.flush()
        return self.socket.recv(size)


class Connection:
    """What both versions have in common. `transcript` is every handshake message so far, as sent and received."""

    def __init__(self, port):
        self.wire = _Wire(port)
        self.layer = RecordLayer(self.wire)
        self.layer.version = (3, 1)
        self.transcript = bytearray()
        self.warnings = []
        self._unread = bytearray()

    def close(self):
        self.wire.socket.close()

    # What is sent

    def send(self, kind, data):
        """One record, however long it is."""
        for _ in self.layer.sendRecord(Message(kind, bytearray(data))):
            pass

    def plain(self, kind, data):
        """One record in the clear, whatever keys there are."""
        self.raw(record(kind, data))

    def seal(self, kind, data, padding=0):
        """One record under the keys, as the bytes to send; in TLS 1.3 with so much padding, and of any type that no record has there."""
        if not self.layer.tls13record:
            return record(kind, self.layer._encryptThenSeal(bytearray(data), kind))
        inner = bytearray(data) + bytes([kind]) + bytes(padding)
        return record(APPLICATION_DATA, self.layer._encryptThenSeal(inner, APPLICATION_DATA))

    def raw(self, data):
        self.wire.send(bytearray(data))

    def flush(self):
        self.wire.flush()

    def hang_up(self):
        """No more is coming: whoever waits for more has no reason to."""
        self.flush()
        self.wire.socket.shutdown(socket.SHUT_WR)

    def say(self, *messages):
        """Handshake messages, in records of at most 16 KiB."""
        for message in messages:
            self.transcript += message
            for start in range(0, len(message), 16384):
                self.send(HANDSHAKE, message[start : start + 16384])

    # What is received

    def record(self):
        """The next record that is no warning: its type and its bytes."""
        while True:
            try:
                header, parser = next(result for result in self.layer.recvRecord() if result not in (0, 1))
            except (TLSAbruptCloseError, ConnectionResetError, BrokenPipeError):
                raise Ended("closed") from None
            data = bytes(parser.bytes)
            if header.type == CHANGE_CIPHER_SPEC and self.layer.version < (3, 4):
                self.layer.changeReadState()
            if header.type != ALERT:
                return header.type, data
            name = AlertDescription.toRepr(data[1]) or str(data[1])
            if name == "close_notify":
                raise Ended(name)
            if data[0] == FATAL:
                raise Ended("alert " + name + self._left_open())
            self.warnings.append(name)

    def _left_open(self):
        """A fatal alert has to be the last that the server sends."""
        try:
            while True:
                if self.wire.recv(65536) == b"":
                    return ""
        except ConnectionResetError:
            return ""
        except socket.timeout:
            return ", and left open"

    def message(self):
        """The next handshake message, whole."""
        while len(self._unread) < 4 or len(self._unread) < 4 + int.from_bytes(self._unread[1:4], "big"):
            kind, data = self.record()
            if kind == HANDSHAKE:
                self._unread += data
            elif kind != CHANGE_CIPHER_SPEC:
                raise Unexpected(f"a record of type {kind} in the handshake")
        end = 4 + int.from_bytes(self._unread[1:4], "big")
        message, self._unread = bytes(self._unread[:end]), self._unread[end:]
        return message

    def heard(self, message):
        """Counts it into the transcript and gives its body."""
        self.transcript += message
        return message[4:]

    def without_keys(self):
        """Whatever is sent from here on is in the clear."""
        self.layer._writeState = ConnectionState()

    # The client's flight in either version

    def present(self, identity):
        """All that comes before CertificateVerify; None: with an empty list of certificates."""
        self.certificate(identity)
        self.key_exchange()
        return self

    def prove(self, identity, scheme=None, **how):
        """The whole flight, with this CertificateVerify."""
        self.present(identity)
        self.verify(identity, scheme, **how)
        self.finish()
        return self

    def stay_nobody(self):
        """The whole flight without a certificate."""
        self.present(None)
        self.finish()
        return self

    def become(self, identity):
        return self.stay_nobody() if identity is None else self.prove(identity)

    # HTTP

    def request(self, path="/app/x"):
        text = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        self.send(APPLICATION_DATA, text.encode())

    def ask(self, path="/app/x"):
        self.request(path)
        return self.answer()

    def answer(self):
        """The status of the response, and the code of the refusal where it is one."""
        text = bytearray()
        while True:
            try:
                kind, data = self.record()
            except Ended as ended:
                if str(ended) == "close_notify" and text:
                    return _status(bytes(text))
                raise
            if kind == APPLICATION_DATA:
                text += data
            elif kind == HANDSHAKE:
                self.after_handshake(data)

    def after_handshake(self, data):
        """What the server says of the handshake protocol once it is over."""


class Unexpected(Exception):
    """The server said something that this client did not reckon with."""


def _status(text):
    head, _, body = text.partition(b"\r\n\r\n")
    status = head.split(b" ")[1].decode()
    try:
        return f"{status} {json.loads(body)['code']}"
    except (ValueError, KeyError):
        return status
