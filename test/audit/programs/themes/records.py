"""Records: too long, empty, torn, forged, repeated or of no known type: none carries anything past the gateway."""

from bent.connection import ALERT, APPLICATION_DATA, HANDSHAKE, HEARTBEAT, record
from bent.suite import both, case, theme
from bent.tls12 import Tls12
from bent.tls13 import Tls13

theme(__doc__)

OVERFLOW, FORGED, UNEXPECTED = "alert record_overflow", "alert bad_record_mac", "alert unexpected_message"
GET = b"GET /app/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"


def alice(world, version):
    return world.connect(version).hello().prove(world.alice)


def request_of(size):
    """So many bytes: a head and as much of a body."""
    head = b"POST /app/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    body = size - len(head % 10_000)
    return head % body + b"x" * body


# Length


@both("a record of 16,384 bytes", "200", user="alice")
def _(world, version):
    """A control: the most there may be."""
    peer = alice(world, version)
    peer.send(APPLICATION_DATA, request_of(16_384))
    return peer.answer()


@both("a record of 16,385 bytes", OVERFLOW)
def _(world, version):
    peer = alice(world, version)
    peer.send(APPLICATION_DATA, request_of(16_385))
    return peer.answer()


@both("a record of 65,000 bytes", OVERFLOW)
def _(world, version):
    peer = alice(world, version)
    peer.plain(APPLICATION_DATA, bytes(65_000))
    return peer.answer()


@both("a head that says 65,535 bytes, and nothing of them", OVERFLOW)
def _(world, version):
    peer = alice(world, version)
    peer.raw(bytes([APPLICATION_DATA, 3, 3, 0xFF, 0xFF]))
    return peer.answer()


for size in (16_385, 18_433, 65_000):

    @both(f"a record of {size} bytes in the clear before the hello", OVERFLOW)
    def _(world, version, size=size):
        peer = world.connect(version)
        peer.plain(HANDSHAKE, peer.client_hello().write() + bytes(size))
        return peer.answer()


@both("a Certificate in a record that is too long", OVERFLOW)
def _(world, version):
    peer = world.connect(version).hello()
    peer.send(HANDSHAKE, peer.certificate_message([bytes(16_400)]))
    return peer.answer()


@case("TLS 1.3: padding up to 16,384 bytes", "200", "alice")
def _(world):
    peer = alice(world, Tls13)
    peer.raw(peer.seal(APPLICATION_DATA, GET + b"\r\n", 16_384 - len(GET) - 2))
    return peer.answer()


@case("TLS 1.3: padding up to what a record may have when it is sealed", "200", "alice")
def _(world):
    """RFC 8446 section 5.4 has a limit 239 bytes below, which OpenSSL does not look at: the padding is thrown away."""
    peer = alice(world, Tls13)
    peer.raw(peer.seal(APPLICATION_DATA, GET + b"\r\n", 16_384 + 256 - 17 - len(GET) - 2))
    return peer.answer()


@case("TLS 1.3: padding beyond that", OVERFLOW)
def _(world):
    peer = alice(world, Tls13)
    peer.raw(peer.seal(APPLICATION_DATA, GET + b"\r\n", 16_384 + 256 - 16 - len(GET) - 2))
    return peer.answer()


# Empty records


@both("30 empty records of application data before the request", "200", user="alice")
def _(world, version):
    peer = alice(world, version)
    for _ in range(30):
        peer.send(APPLICATION_DATA, b"")
    return peer.ask()


@both("1,000 empty records of application data", UNEXPECTED)
def _(world, version):
    peer = alice(world, version)
    for _ in range(1_000):
        peer.send(APPLICATION_DATA, b"")
    return peer.ask()


# In TLS 1.2 OpenSSL passes over up to 32 of these, although no client may send one: nothing is in them.
@both("an empty record of the handshake after it", tls12="200", tls13=UNEXPECTED, user="alice")
def _(world, version):
    peer = alice(world, version)
    peer.send(HANDSHAKE, b"")
    return peer.ask()


@both("an empty record of the handshake before Certificate", tls12="200", tls13=UNEXPECTED, user="alice")
def _(world, version):
    peer = world.connect(version).hello()
    peer.send(HANDSHAKE, b"")
    return peer.prove(world.alice).ask()


@both("an empty alert", UNEXPECTED)
def _(world, version):
    peer = alice(world, version)
    peer.send(ALERT, b"")
    return peer.ask()


@case("TLS 1.3: a record of padding alone", UNEXPECTED)
def _(world):
    peer = alice(world, Tls13)
    peer.raw(peer.seal(0, b"", 50))
    return peer.ask()


@case("TLS 1.3: a record with nothing in it, not even a type", FORGED)
def _(world):
    peer = alice(world, Tls13)
    peer.plain(APPLICATION_DATA, peer.layer._encryptThenSeal(bytearray(), APPLICATION_DATA))
    return peer.ask()


# Types and versions

for kind in (0, 25, 99, 255, HEARTBEAT):

    @both(f"a record of type {kind} in the handshake", UNEXPECTED)
    def _(world, version, kind=kind):
        peer = world.connect(version).hello()
        peer.raw(peer.seal(kind, b"x") if version is Tls13 else bytes([kind, 3, 3, 0, 1]) + b"x")
        return peer.prove(world.alice).ask()

    @both(f"a record of type {kind} after the handshake", UNEXPECTED)
    def _(world, version, kind=kind):
        peer = alice(world, version)
        peer.raw(peer.seal(kind, b"x"))
        return peer.ask()


for number in ((3, 0), (3, 4), (0, 0), (9, 9)):

    @both(f"a record of version {number[0]}.{number[1]} after the handshake", tls12="alert protocol_version", tls13="alert decode_error")
    def _(world, version, number=number):
        peer = alice(world, version)
        sealed = bytearray(peer.seal(APPLICATION_DATA, GET + b"\r\n"))
        sealed[1:3] = bytes(number)
        peer.raw(sealed)
        return peer.answer()


# Forged, torn, repeated and left out


TORN = {
    "a bit of its contents flipped": lambda sealed: sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:],
    "a bit of its last byte flipped": lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
    "a bit of its tag flipped": lambda sealed: sealed[:-16] + bytes([sealed[-16] ^ 0x80]) + sealed[-15:],
    "its tag missing": lambda sealed: record(APPLICATION_DATA, sealed[5:-16]),
    "its last byte missing": lambda sealed: record(APPLICATION_DATA, sealed[5:-1]),
    "a byte more": lambda sealed: record(APPLICATION_DATA, sealed[5:] + b"\0"),
    "its contents exchanged for zeros": lambda sealed: sealed[:5] + bytes(len(sealed) - 5),
}

for what, change in TORN.items():

    @both(f"a request with {what}", FORGED)
    def _(world, version, change=change):
        peer = alice(world, version)
        peer.raw(change(peer.seal(APPLICATION_DATA, GET + b"\r\n")))
        return peer.answer()

    @both(f"the second half of a request with {what}", FORGED)
    def _(world, version, change=change):
        peer = alice(world, version)
        peer.send(APPLICATION_DATA, GET)
        peer.flush()
        peer.raw(change(peer.seal(APPLICATION_DATA, b"\r\n" + bytes(30))))
        return peer.answer()


@both("a Finished with a bit of its record flipped", FORGED)
def _(world, version):
    peer = world.connect(version, "optional").hello()
    peer.present(None)
    if version is Tls12:
        peer.change_cipher()
    sealed = bytearray(peer.seal(HANDSHAKE, peer.finished_message()))
    sealed[-1] ^= 1
    peer.raw(sealed)
    return peer.answer()


@both("records in the wrong order", FORGED)
def _(world, version):
    peer = alice(world, version)
    first, second = peer.seal(APPLICATION_DATA, GET), peer.seal(APPLICATION_DATA, b"\r\n")
    peer.raw(second + first)
    return peer.answer()


@both("a record left out", FORGED)
def _(world, version):
    peer = alice(world, version)
    peer.seal(APPLICATION_DATA, GET)
    peer.raw(peer.seal(APPLICATION_DATA, GET + b"\r\n"))
    return peer.answer()


@both("a record sent again", FORGED)
def _(world, version):
    peer = alice(world, version)
    sealed = peer.seal(APPLICATION_DATA, GET)
    peer.raw(sealed + sealed)
    return peer.answer()


@both("a request of one connection on another", FORGED)
def _(world, version):
    sealed = alice(world, version).seal(APPLICATION_DATA, GET + b"\r\n")
    peer = alice(world, version)
    peer.raw(sealed)
    return peer.answer()


@both("a request in records of one byte", "200", user="alice")
def _(world, version):
    """A control: records may be cut anywhere."""
    peer = alice(world, version)
    for byte in GET + b"\r\n":
        peer.send(APPLICATION_DATA, bytes([byte]))
    return peer.answer()


@both("half a request, and the end without close_notify", "closed")
def _(world, version):
    """A truncation: whoever cuts the connection off must not be able to end a request."""
    peer = alice(world, version)
    peer.send(APPLICATION_DATA, GET)
    peer.hang_up()
    return peer.answer()
