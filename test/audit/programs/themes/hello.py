"""ClientHello: what is malformed or contradicts itself gets no handshake, and what it offers beyond TLS is not taken up."""

from bent.connection import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE
from bent.hellos import DECODE, FAILURE, ILLEGAL, MISSING, UNEXPECTED, changed, changed12, changed13
from bent.suite import both, theme
from bent.tls12 import Tls12
from bent.wire import (
    ALPN,
    CLIENT_HELLO,
    EXTENDED_MASTER_SECRET,
    GROUPS,
    HEARTBEAT,
    KEY_SHARE,
    POINT_FORMATS,
    RENEGOTIATION,
    SERVER_NAME,
    SIGNATURES,
    TICKET,
    VERSIONS,
    Hello,
    message,
    uint,
    uints,
    vector,
)

theme(__doc__)

# Signature algorithms of the client

SHA1_ALONE = vector(2, uints(0x0201, 0x0203))
changed("the client takes signatures with SHA-1 alone", FAILURE, lambda hello: hello.with_extension(SIGNATURES, SHA1_ALONE))
changed(
    "the client takes signatures with RSA alone", FAILURE, lambda hello: hello.with_extension(SIGNATURES, vector(2, uints(0x0401, 0x0804)))
)
changed("no signature algorithms", tls12=FAILURE, tls13=MISSING, change=lambda hello: hello.without(SIGNATURES))
changed("an empty list of signature algorithms", DECODE, lambda hello: hello.with_extension(SIGNATURES, vector(2)))
changed("half a signature algorithm", DECODE, lambda hello: hello.with_extension(SIGNATURES, vector(2, b"\4")))
changed("signature algorithms cut off", DECODE, lambda hello: hello.with_extension(SIGNATURES, b"\0\x20\4\3"))


# Compression


changed(
    "compression offered beside none", tls12="200", tls13=ILLEGAL, change=lambda hello: setattr(hello, "compression", b"\1\0"), user="alice"
)
changed("compression alone", answer=ILLEGAL, change=lambda hello: setattr(hello, "compression", b"\1"))
changed("no way of compression, not even none", answer=DECODE, change=lambda hello: setattr(hello, "compression", b""))


# Heartbeat


@both("the heartbeat extension is not answered, and a heartbeat is the end", UNEXPECTED)
def _(world, version):
    """CVE-2014-0160: one byte, which says to be 16 KiB."""
    peer = world.connect(version)
    peer.hello(peer.client_hello().with_extension(HEARTBEAT, b"\1")).prove(world.alice)
    if version is Tls12 and HEARTBEAT in peer.extensions:
        return "it was answered"
    peer.send(24, b"\1\x40\0x")
    return peer.answer()


@both("a heartbeat within the handshake", UNEXPECTED)
def _(world, version):
    peer = world.connect(version)
    peer.greet(peer.client_hello().with_extension(HEARTBEAT, b"\1"))
    peer.plain(24, b"\1\x40\0x")
    return peer.server_flight().prove(world.alice).ask()


# Extensions twice, malformed or contradictory


def twice(kind):
    def change(hello):
        body = dict(hello.extensions).get(kind, b"")
        hello.extensions.append((kind, body))

    return change


for what, kind in {"server name": SERVER_NAME, "groups": GROUPS, "signature algorithms": SIGNATURES}.items():
    changed(f"the {what} twice", ILLEGAL, twice(kind))
changed12("tickets twice", ILLEGAL, twice(TICKET))
changed12("the extended master secret twice", ILLEGAL, twice(EXTENDED_MASTER_SECRET))
changed12("renegotiation_info twice", ILLEGAL, twice(RENEGOTIATION))
changed13("the key share twice", ILLEGAL, lambda hello, peer: twice(KEY_SHARE)(hello))
changed13("the supported versions twice", ILLEGAL, lambda hello, peer: twice(VERSIONS)(hello))
changed(
    "unknown extensions, each of them once",
    "200",
    lambda hello: hello.extensions.extend([(0x0A0A, b""), (0xFAFA, b"\0"), (0xFEFE, b"x" * 99)]),
    user="alice",
)
changed("an unknown extension of 60,000 bytes", "200", lambda hello: hello.extensions.append((0xFAFA, bytes(60_000))), user="alice")
changed(
    "3,000 unknown extensions",
    "200",
    lambda hello: hello.extensions.extend([(0x8000 + index, b"") for index in range(3_000)]),
    user="alice",
)

NAMES = {
    "no list": b"",
    "an empty list": vector(2),
    "two": vector(2, b"\0" + vector(2, b"localhost"), b"\0" + vector(2, b"other.test")),
    "one cut off": vector(2, b"\0" + uint(20) + b"localhost"),
    "a byte behind it": vector(2, b"\0" + vector(2, b"localhost")) + b"\0",
    "one of 256 bytes": vector(2, b"\0" + vector(2, b"a" * 256)),
    "one with a NUL": vector(2, b"\0" + vector(2, b"localhost\0.test")),
    "one of another kind": vector(2, b"\1" + vector(2, b"localhost")),
}
NAMES_ANSWERS = {
    "one of 256 bytes": "alert unrecognized_name",
    "one with a NUL": "alert unrecognized_name",
    "one of another kind": "alert decode_error",
}

for what, body in NAMES.items():
    changed(f"a server name: {what}", NAMES_ANSWERS.get(what, DECODE), lambda hello, body=body: hello.with_extension(SERVER_NAME, body))

changed(
    "a server name: an empty one counts as none",
    "200",
    lambda hello: hello.with_extension(SERVER_NAME, vector(2, b"\0" + vector(2))),
    user="alice",
)
changed("protocols: an empty list", DECODE, lambda hello: hello.with_extension(ALPN, vector(2)))
changed("protocols: an empty name", DECODE, lambda hello: hello.with_extension(ALPN, vector(2, vector(1))))
changed("protocols: one cut off", DECODE, lambda hello: hello.with_extension(ALPN, vector(2, b"\x20http/1.1")))
changed("a fragment length that does not exist", ILLEGAL, lambda hello: hello.with_extension(1, b"\7"))
changed12("the extended master secret with something in it", DECODE, lambda hello: hello.with_extension(EXTENDED_MASTER_SECRET, b"\0"))
changed12("renegotiation_info of a renegotiation", FAILURE, lambda hello: hello.with_extension(RENEGOTIATION, vector(1, bytes(12))))
changed12("renegotiation_info cut off", DECODE, lambda hello: hello.with_extension(RENEGOTIATION, b"\5"))
changed12(
    "point formats without the uncompressed one mean nothing", "200", lambda hello: hello.with_extension(POINT_FORMATS, b"\1\1"), "alice"
)
changed12("no point format", DECODE, lambda hello: hello.with_extension(POINT_FORMATS, b"\0"))
changed12("no group that is spoken", FAILURE, lambda hello: hello.with_extension(GROUPS, vector(2, uints(0x0100, 21))))
changed13(
    "no group that is spoken",
    FAILURE,
    lambda hello, peer: hello.with_extension(GROUPS, vector(2, uints(0x0100, 21))).with_extension(KEY_SHARE, vector(2)),
)
changed("an empty list of groups", DECODE, lambda hello: hello.with_extension(GROUPS, vector(2)))
changed("half a group", DECODE, lambda hello: hello.with_extension(GROUPS, vector(2, b"\0")))


# The message itself

changed("a session id of 33 bytes", DECODE, lambda hello: setattr(hello, "session_id", bytes(33)))
changed("no suites", DECODE, lambda hello: setattr(hello, "suites", []))
changed(
    "half a suite",
    DECODE,
    lambda hello: message(CLIENT_HELLO, hello.body().replace(vector(2, uints(*hello.suites)), vector(2, b"\x13"), 1)),
)
changed("no extensions at all", FAILURE, lambda hello: setattr(hello, "extensions", []))
changed("an empty hello", DECODE, lambda hello: message(CLIENT_HELLO))
changed("a version and nothing else", DECODE, lambda hello: message(CLIENT_HELLO, b"\3\3"))
changed("a hello cut off in its random", DECODE, lambda hello: message(CLIENT_HELLO, hello.body()[:20]))
changed("a hello cut off in its suites", DECODE, lambda hello: message(CLIENT_HELLO, hello.body()[:36]))
changed("a hello cut off in its extensions", DECODE, lambda hello: message(CLIENT_HELLO, hello.body()[:-1]))
changed("a byte behind the extensions", DECODE, lambda hello: message(CLIENT_HELLO, hello.body(), b"\0"))
changed(
    "an extension longer than all of them",
    DECODE,
    lambda hello: message(CLIENT_HELLO, Hello(hello.suites, []).body(), vector(2, b"\xfa\xfa\0\x09")),
)
changed("half an extension's head", DECODE, lambda hello: message(CLIENT_HELLO, Hello(hello.suites, []).body(), vector(2, b"\0\0\0")))
changed("another message for a hello", UNEXPECTED, lambda hello: message(11, hello.body()))
changed("a hello of more than 128 KiB", ILLEGAL, lambda hello: message(CLIENT_HELLO, hello.body(), bytes(140_000)))


@both("a hello that says to have 16 MB", "alert illegal_parameter")
def _(world, version):
    peer = world.connect(version)
    peer.send(HANDSHAKE, bytes([CLIENT_HELLO]) + b"\xff\xff\xff" + bytes(100))
    return peer.answer()


@both("a hello in records of one byte each", "200", user="alice")
def _(world, version):
    """A control: a message may be cut anywhere."""
    peer = world.connect(version)
    hello = peer.client_hello()
    peer.greet(hello)
    peer.wire.kept = bytearray()
    for byte in hello.write():
        peer.send(HANDSHAKE, bytes([byte]))
    return peer.server_flight().prove(world.alice).ask()


@both("a hello in segments of one byte each", "200", user="alice")
def _(world, version):
    peer = world.connect(version)
    peer.greet(peer.client_hello())
    record, peer.wire.kept = bytes(peer.wire.kept), bytearray()
    for byte in record:
        peer.raw(bytes([byte]))
        peer.flush()
    return peer.server_flight().prove(world.alice).ask()


for what, kind, data in [
    ("an alert", ALERT, bytes([1, 90])),
    ("application data", APPLICATION_DATA, b"GET /public/x HTTP/1.1\r\n\r\n"),
    ("ChangeCipherSpec", CHANGE_CIPHER_SPEC, b"\1"),
]:

    @both(f"{what} within a hello", UNEXPECTED)
    def _(world, version, kind=kind, data=data):
        peer = world.connect(version)
        whole = peer.client_hello().write()
        peer.send(HANDSHAKE, whole[:50])
        peer.send(kind, data)
        peer.send(HANDSHAKE, whole[50:])
        return peer.answer()


@both("an empty record within a hello", "200", user="alice")
def _(world, version):
    """No client may send one (RFC 5246 section 6.2.1); OpenSSL passes over it, as nothing is in it."""
    peer = world.connect(version)
    hello = peer.client_hello()
    peer.greet(hello)
    peer.wire.kept = bytearray()
    for part in (hello.write()[:50], b"", hello.write()[50:]):
        peer.send(HANDSHAKE, part)
    return peer.server_flight().prove(world.alice).ask()


@both("half a hello, and the end", "closed")
def _(world, version):
    peer = world.connect(version)
    peer.send(HANDSHAKE, peer.client_hello().write()[:100])
    peer.hang_up()
    return peer.answer()


@both("application data before any hello", UNEXPECTED)
def _(world, version):
    peer = world.connect(version)
    peer.request("/public/x")
    return peer.answer()
