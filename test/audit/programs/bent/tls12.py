"""A TLS 1.2 client, one step a method, as in `tls13`."""

import hashlib

from tlslite.keyexchange import ECDHKeyExchange
from tlslite.mathtls import PRF_1_2, PRF_1_2_SHA384

from .connection import CHANGE_CIPHER_SPEC, Connection, Unexpected
from .signing import SCHEMES, signature
from .wire import (
    CERTIFICATE,
    CERTIFICATE_VERIFY,
    CLIENT_KEY_EXCHANGE,
    EXTENDED_MASTER_SECRET,
    FINISHED,
    POINT_FORMATS,
    RENEGOTIATION,
    TICKET,
    X25519,
    Hello,
    Reader,
    common_extensions,
    message,
    uint,
    vector,
)

ECDSA_AES_128_GCM, ECDSA_AES_256_GCM, ECDSA_CHACHA20, ECDHE_RSA_AES_128_GCM = 0xC02B, 0xC02C, 0xCCA9, 0xC02F
SERVER_HELLO, NEW_TICKET, SERVER_KEY_EXCHANGE, CERTIFICATE_REQUEST, HELLO_DONE = 2, 4, 12, 13, 14


class Session:
    """What resuming needs."""

    def __init__(self, ticket, master, extended, suite):
        self.ticket, self.master, self.extended, self.suite = ticket, master, extended, suite


class Tls12(Connection):
    name = "TLS 1.2"

    def __init__(self, port):
        super().__init__(port)
        self._exchange = ECDHKeyExchange(X25519, (3, 3))
        self._private = self._exchange.get_random_private_key()
        self.tickets = []
        self.resumed = False
        self.requested = None
        self.session = None
        self.early_ticket = b""

    # Hellos

    def client_hello(self, suites=(ECDSA_AES_128_GCM,)):
        more = [(POINT_FORMATS, b"\1\0"), (EXTENDED_MASTER_SECRET, b""), (TICKET, b""), (RENEGOTIATION, b"\0")]
        return Hello(suites, common_extensions() + more)

    def offer(self, hello, session, ticket=None):
        """The hello with the ticket of this session; `ticket` changes it. The session id tells whether the server took it."""
        hello.session_id = b"\7" * 32
        self.session = session
        return hello.with_extension(TICKET, session.ticket if ticket is None else ticket(session.ticket))

    def greet(self, hello):
        self.hello_sent = hello
        self.say(hello.write())

    def hello(self, hello=None):
        """Says hello and hears the server's first flight; of a resumed session also its Finished."""
        self.greet(hello or self.client_hello())
        return self.server_flight()

    def server_flight(self):
        hello = self.message()
        if hello[0] != SERVER_HELLO:
            raise Unexpected(f"message {hello[0]} for a ServerHello")
        self._server_hello(Reader(self.heard(hello)))
        if self.resumed:
            self.use(self.session.master)
            self._server_finished()
            return self
        while True:
            message = self.message()
            reader = Reader(self.heard(message))
            if message[0] == SERVER_KEY_EXCHANGE:
                reader.take(3)
                self._server_point = reader.vector(1)
            elif message[0] == CERTIFICATE_REQUEST:
                reader.vector(1)
                self.requested = {"signatures": Reader(reader.vector(2)).uints()}
            elif message[0] == HELLO_DONE:
                return self

    def _server_hello(self, reader):
        self.server_version = tuple(reader.take(2))
        self.server_random = reader.take(32)
        session_id = reader.vector(1)
        self.suite = reader.uint()
        reader.take(1)
        self.extensions = Reader(reader.vector(2)).extensions()
        self.extended = EXTENDED_MASTER_SECRET in self.extensions
        self.resumed = self.session is not None and session_id == self.hello_sent.session_id
        self.layer.version = (3, 3)

    # Messages of the client's flight, as bytes

    def certificate_message(self, chain):
        return message(CERTIFICATE, vector(3, *(vector(3, der) for der in chain)))

    def verify_message(self, key, scheme, claim=None, content=None, change=None, salt=None):
        """As in `tls13`: what is signed is all of the transcript."""
        made = signature(key, scheme, self.content() if content is None else content, salt)
        said = scheme if claim is None else claim
        code = SCHEMES[said][0] if isinstance(said, str) else said
        return message(CERTIFICATE_VERIFY, uint(code), vector(2, made if change is None else change(made)))

    def content(self):
        """What CertificateVerify signs."""
        return bytes(self.transcript)

    def finished_message(self, change=None):
        right = self._mac(b"client finished")
        return message(FINISHED, right if change is None else change(right))

    def servers_finished(self):
        """What the server would have in its Finished at this point."""
        return self._mac(b"server finished")

    # The client's flight

    def certificate(self, identity):
        self.say(self.certificate_message(identity.chain if identity else []))

    def key_exchange(self, point=None):
        """ClientKeyExchange, and the keys that come of it."""
        self.say(message(CLIENT_KEY_EXCHANGE, vector(1, point or bytes(self._exchange.calc_public_value(self._private)))))
        premaster = self._exchange.calc_shared_key(self._private, bytearray(self._server_point))
        if self.extended:
            self.use(self._prf(premaster, b"extended master secret", self._digest(), 48))
        else:
            self.use(self._prf(premaster, b"master secret", self.hello_sent.random + self.server_random, 48))

    def verify(self, identity, scheme=None, **how):
        self.say(self.verify_message(identity.key, scheme or identity.scheme, **how))

    def change_cipher(self):
        self.send(CHANGE_CIPHER_SPEC, b"\1")
        self.layer.changeWriteState()

    def finish(self, change=None):
        """ChangeCipherSpec and Finished, and the server's unless they have come before."""
        self.change_cipher()
        self.verify_data = self.finished_message()[4:]
        self.say(self.finished_message(change))
        if not self.resumed:
            self._server_finished()

    def _server_finished(self):
        while True:
            message = self.message()
            if message[0] == NEW_TICKET:
                ticket = Reader(message[8:]).vector(2)
                self.tickets.append(Session(ticket, self._master, self.extended, self.suite))
            elif message[0] != FINISHED or message[4:] != self._mac(b"server finished"):
                raise Unexpected(f"message {message[0]} for the server's Finished")
            self.heard(message)
            if message[0] == FINISHED:
                return

    # Keys

    def use(self, master):
        """The keys of this master secret, from the next change of keys on."""
        self._master = master
        random = (bytearray(self.hello_sent.random), bytearray(self.server_random))
        self.layer.calcPendingStates(self.suite, bytearray(master), *random, ["python"])

    def _prf(self, secret, label, seed, size):
        prf = PRF_1_2_SHA384 if self.suite == ECDSA_AES_256_GCM else PRF_1_2
        return bytes(prf(bytearray(secret), label, bytearray(seed), size))

    def _digest(self):
        return hashlib.new("sha384" if self.suite == ECDSA_AES_256_GCM else "sha256", self.transcript).digest()

    def _mac(self, label):
        return self._prf(self._master, label, self._digest(), 12)
