"""A TLS 1.3 client, one step a method: whoever calls them chooses which, in what order, and what is in each."""

import hashlib

from tlslite.keyexchange import ECDHKeyExchange
from tlslite.recordlayer import RecordLayer
from tlslite.utils.cryptomath import HKDF_expand_label, secureHMAC

from .connection import APPLICATION_DATA, Connection, Unexpected
from .signing import SCHEMES, signature
from .wire import (
    CERTIFICATE,
    CERTIFICATE_VERIFY,
    FINISHED,
    KEY_SHARE,
    PRE_SHARED_KEY,
    PSK_MODES,
    VERSIONS,
    X25519,
    Hello,
    Reader,
    common_extensions,
    message,
    uint,
    vector,
)

AES_128_GCM, AES_256_GCM, CHACHA20 = 0x1301, 0x1302, 0x1303
SERVER_HELLO, NEW_TICKET, ENCRYPTED_EXTENSIONS, CERTIFICATE_REQUEST = 2, 4, 8, 13
# What a HelloRetryRequest has for a random
RETRY = hashlib.sha256(b"HelloRetryRequest").digest()


class Ticket:
    """What resuming needs: the ticket as it came, its secret, the suite, and what was said of its age. And what came with it."""

    def __init__(self, identity, secret, suite, age_add, extensions=None):
        self.identity, self.secret, self.suite, self.age_add, self.extensions = identity, secret, suite, age_add, extensions or {}


class Tls13(Connection):
    name = "TLS 1.3"

    def __init__(self, port):
        super().__init__(port)
        self._exchange = ECDHKeyExchange(X25519, (3, 4))
        self._private = self._exchange.get_random_private_key()
        self.share = bytes(self._exchange.calc_public_value(self._private))
        self.tickets = []
        self.resumed = False
        self.requested = None
        self.psk = None
        self._resumption = None

    # Hellos

    def client_hello(self, suites=(AES_128_GCM,)):
        share = uint(X25519) + vector(2, self.share)
        more = [(VERSIONS, vector(1, uint(0x0304))), (PSK_MODES, b"\1\1"), (KEY_SHARE, vector(2, share))]
        return Hello(suites, common_extensions() + more)

    def offer(self, hello, ticket, binder=None):
        """The hello with the ticket as its last extension; `binder` changes the right one."""
        size = hashlib.new(self._hash_of(ticket.suite)).digest_size
        age = vector(2, ticket.identity) + uint(ticket.age_add, 4)
        hello.extensions.append((PRE_SHARED_KEY, vector(2, age) + vector(2, vector(1, bytes(size)))))
        start = hello.write()[: -(size + 3)]
        early = self._extract(bytes(size), ticket.secret, ticket.suite)
        key = self._finished_key(self._derive(early, b"res binder", b"", ticket.suite), ticket.suite)
        right = bytes(
            secureHMAC(key, hashlib.new(self._hash_of(ticket.suite), self.transcript + start).digest(), self._hash_of(ticket.suite))
        )
        chosen = right if binder is None else binder(right)
        hello.extensions[-1] = (PRE_SHARED_KEY, vector(2, age) + vector(2, vector(1, chosen)))
        self.psk = ticket
        return hello

    def greet(self, hello):
        self.say(hello.write())

    def hello(self, hello=None):
        """Says hello and hears all of the server's first flight."""
        self.greet(hello or self.client_hello())
        return self.server_flight()

    def server_flight(self):
        self.server_hello()
        while True:
            heard = self.message()
            if heard[0] == CERTIFICATE_REQUEST:
                self._certificate_request(Reader(heard[4:]))
            if heard[0] == FINISHED and heard[4:] != self._mac(self._server_secret):
                raise Unexpected("a Finished that is not the server's")
            self.heard(heard)
            if heard[0] == FINISHED:
                break
        zeros = bytes(self._size)
        self._master = self._extract(self._derive(self._handshake_secret, b"derived", b""), zeros)
        self._client_application = self._derive(self._master, b"c ap traffic", self.transcript)
        self._use(self._client_application, self._derive(self._master, b"s ap traffic", self.transcript))
        self.layer.changeReadState()
        return self

    def retry_request(self):
        """Hears a HelloRetryRequest, and counts the transcript as RFC 8446 section 4.4.1 wants it. Gives the group that is wanted."""
        request = self.message()
        if request[0] != SERVER_HELLO or request[6:38] != RETRY:
            raise Unexpected(f"message {request[0]} for a HelloRetryRequest")
        self.transcript = bytearray(message(254, hashlib.sha256(self.transcript).digest()))
        reader = Reader(self.heard(request)[34:])
        reader.vector(1)
        reader.take(3)
        return Reader(reader.vector(2)).extensions()[KEY_SHARE]

    def server_hello(self):
        hello = self.message()
        if hello[0] != SERVER_HELLO or hello[6:38] == RETRY:
            raise Unexpected(f"message {hello[0]} for a ServerHello")
        reader = Reader(self.heard(hello))
        reader.take(34)
        reader.vector(1)
        self.suite = reader.uint()
        reader.take(1)
        extensions = Reader(reader.vector(2)).extensions()
        if extensions.get(VERSIONS) != uint(0x0304):
            raise Unexpected("another version than TLS 1.3")
        self.resumed = PRE_SHARED_KEY in extensions
        share = Reader(extensions[KEY_SHARE])
        share.uint()
        shared = bytes(self._exchange.calc_shared_key(self._private, bytearray(share.vector(2))))
        self._size = hashlib.new(self._hash_of(self.suite)).digest_size
        zeros = bytes(self._size)
        early = self._extract(zeros, self.psk.secret if self.resumed else zeros)
        self._handshake_secret = self._extract(self._derive(early, b"derived", b""), shared)
        self._client_secret = self._derive(self._handshake_secret, b"c hs traffic", self.transcript)
        self._server_secret = self._derive(self._handshake_secret, b"s hs traffic", self.transcript)
        self.layer.version = (3, 4)
        self.layer.tls13record = True
        self._use(self._client_secret, self._server_secret)
        self.layer.changeReadState()
        self.layer.changeWriteState()

    def _certificate_request(self, reader):
        context = reader.vector(1)
        extensions = Reader(reader.vector(2)).extensions()
        signatures = Reader(Reader(extensions[13]).vector(2)).uints()
        self.requested = {"context": context, "signatures": signatures}

    # Messages of the client's flight, as bytes

    def certificate_message(self, chain, context=b"", extensions=b""):
        entries = [vector(3, der) + vector(2, extensions if index == 0 else b"") for index, der in enumerate(chain)]
        return message(CERTIFICATE, vector(1, context), vector(3, *entries))

    def content(self, label=b"TLS 1.3, client CertificateVerify", transcript=None):
        """What CertificateVerify signs."""
        digest = hashlib.new(self._hash_of(self.suite), self.transcript if transcript is None else transcript).digest()
        return b" " * 64 + label + b"\0" + digest

    def verify_message(self, key, scheme, claim=None, content=None, change=None, salt=None):
        """Signed with `scheme`, said to be with `claim`; `change` gets the right signature and gives the one to send."""
        made = signature(key, scheme, self.content() if content is None else content, salt)
        said = scheme if claim is None else claim
        code = SCHEMES[said][0] if isinstance(said, str) else said
        return message(CERTIFICATE_VERIFY, uint(code), vector(2, made if change is None else change(made)))

    def finished_message(self, change=None):
        right = self._mac(self._client_secret)
        return message(FINISHED, right if change is None else change(right))

    def servers_finished(self):
        """What the server would have in its Finished at this point."""
        return self._mac(self._server_secret)

    def early_record(self, hello, data):
        """Early data of this hello as it would have to come if it were taken."""
        suite, writer = self.psk.suite, Tls13.__new__(Tls13)
        writer.layer, writer.suite = RecordLayer(None), suite
        writer.layer.version, writer.layer.tls13record = (3, 4), True
        zeros = bytes(hashlib.new(self._hash_of(suite)).digest_size)
        secret = self._derive(self._extract(zeros, self.psk.secret, suite), b"c e traffic", hello.write(), suite)
        writer._use(secret, secret)
        writer.layer.changeWriteState()
        return writer.seal(APPLICATION_DATA, data)

    # The client's flight

    def certificate(self, identity):
        self.say(self.certificate_message(identity.chain if identity else []))

    def key_exchange(self):
        """TLS 1.2 has a message for it."""

    def verify(self, identity, scheme=None, **how):
        self.say(self.verify_message(identity.key, scheme or identity.scheme, **how))

    def finish(self, change=None):
        self.say(self.finished_message(change))
        self.application_keys()

    def application_keys(self):
        self._resumption = self._derive(self._master, b"res master", self.transcript)
        self.layer.changeWriteState()

    def next_keys(self):
        """Those of the client after a KeyUpdate."""
        name = self._hash_of(self.suite)
        self._client_application = bytes(HKDF_expand_label(bytearray(self._client_application), b"traffic upd", b"", self._size, name))
        self._use(self._client_application, self._client_application)
        self.layer.changeWriteState()

    # After the handshake

    def after_handshake(self, data):
        if data[0] != NEW_TICKET or self._resumption is None:
            return
        reader = Reader(data[4:])
        reader.uint(4)
        age_add, nonce, identity, extensions = reader.uint(4), reader.vector(1), reader.vector(2), reader.vector(2)
        secret = bytes(HKDF_expand_label(bytearray(self._resumption), b"resumption", nonce, self._size, self._hash_of(self.suite)))
        self.tickets.append(Ticket(identity, secret, self.suite, age_add, Reader(extensions).extensions()))

    # Keys

    def _hash_of(self, suite):
        return "sha384" if suite == AES_256_GCM else "sha256"

    def _use(self, client, server):
        self.layer.calcTLS1_3PendingState(self.suite, bytearray(client), bytearray(server), ["python"])

    def _extract(self, salt, secret, suite=None):
        return bytes(secureHMAC(salt, secret, self._hash_of(suite or self.suite)))

    def _derive(self, secret, label, messages, suite=None):
        name = self._hash_of(suite or self.suite)
        digest = hashlib.new(name, messages).digest()
        return bytes(HKDF_expand_label(bytearray(secret), label, digest, len(digest), name))

    def _finished_key(self, secret, suite=None):
        name = self._hash_of(suite or self.suite)
        return HKDF_expand_label(bytearray(secret), b"finished", b"", hashlib.new(name).digest_size, name)

    def _mac(self, secret):
        name = self._hash_of(self.suite)
        return bytes(secureHMAC(self._finished_key(secret), hashlib.new(name, self.transcript).digest(), name))
