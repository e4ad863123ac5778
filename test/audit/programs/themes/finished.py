"""Finished: it covers all that was said, comes under its keys, and nothing is a handshake without it."""

from bent.connection import APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE
from bent.suite import both, case, theme
from bent.tls12 import Tls12
from bent.tls13 import Tls13
from bent.wire import message

theme(__doc__)

UNEXPECTED = "alert unexpected_message"

FINISHES = {
    "with a flipped bit": (lambda right: bytes([right[0] ^ 1]) + right[1:], "alert decrypt_error"),
    "with a flipped last bit": (lambda right: right[:-1] + bytes([right[-1] ^ 1]), "alert decrypt_error"),
    "of zeros": (lambda right: bytes(len(right)), "alert decrypt_error"),
    "without its last byte": (lambda right: right[:-1], "alert decode_error"),
    "with a byte more": (lambda right: right + b"\0", "alert decode_error"),
    "that is empty": (lambda right: b"", "alert decode_error"),
    "that is its first byte": (lambda right: right[:1], "alert decode_error"),
}

for what, (change, answer) in FINISHES.items():

    @both(f"a Finished {what}", answer)
    def _(world, version, change=change):
        peer = world.connect(version).hello()
        peer.present(world.alice)
        peer.verify(world.alice)
        peer.finish(change)
        return peer.ask()

    @both(f"a Finished {what}, from nobody", answer)
    def _(world, version, change=change):
        peer = world.connect(version, "optional").hello()
        peer.present(None)
        peer.finish(change)
        return peer.ask("/public/x")


@both("a Finished that is the server's", "alert decrypt_error")
def _(world, version):
    peer = world.connect(version).hello()
    peer.present(world.alice)
    peer.verify(world.alice)
    peer.finish(lambda right: peer.servers_finished())
    return peer.ask()


@both("a Finished over less than was said", "alert decrypt_error")
def _(world, version):
    peer = world.connect(version).hello()
    peer.present(world.alice)
    before = bytes(peer.transcript)
    peer.verify(world.alice)

    def over_less(right):
        said, peer.transcript = peer.transcript, bytearray(before)
        less = peer.finished_message()[4:]
        peer.transcript = said
        return less

    peer.finish(over_less)
    return peer.ask()


@both("the end of the connection instead of a Finished", "closed")
def _(world, version):
    peer = world.connect(version).hello()
    peer.present(world.alice)
    peer.verify(world.alice)
    peer.hang_up()
    return peer.answer()


@both("the end of the connection instead of a CertificateVerify", "closed")
def _(world, version):
    peer = world.connect(version).hello()
    peer.certificate(world.alice)
    peer.hang_up()
    return peer.answer()


@both("half a Finished, and the end", "closed")
def _(world, version):
    peer = world.connect(version).hello()
    peer.present(world.alice)
    peer.verify(world.alice)
    if version is Tls12:
        peer.change_cipher()
    peer.send(HANDSHAKE, peer.finished_message()[:8])
    peer.hang_up()
    return peer.answer()


@both("a Finished twice", tls12=UNEXPECTED, tls13="alert bad_record_mac")
def _(world, version):
    peer = world.connect(version).hello()
    peer.present(world.alice)
    peer.verify(world.alice)
    if version is Tls12:
        peer.change_cipher()
    again = peer.finished_message()
    peer.say(again, again)
    return peer.answer()


# Without the keys


@both("the flight of the client in the clear", UNEXPECTED)
def _(world, version):
    peer = world.connect(version).hello()
    if version is Tls13:
        peer.without_keys()
        return peer.prove(world.alice).ask()
    peer.present(world.alice)
    peer.verify(world.alice)
    peer.say(peer.finished_message())
    return peer.ask()


# OpenSSL calls it internal where a record is too short to hold what the cipher adds, which this Finished is.
@both("a Finished in the clear", tls12="alert internal_error", tls13=UNEXPECTED)
def _(world, version):
    peer = world.connect(version).hello()
    peer.present(world.alice)
    peer.verify(world.alice)
    if version is Tls12:
        peer.send(CHANGE_CIPHER_SPEC, b"\1")
    peer.without_keys()
    peer.plain(HANDSHAKE, peer.finished_message())
    return peer.answer()


@case("TLS 1.2: a Finished in the clear, and more", "alert bad_record_mac")
def _(world):
    peer = world.connect(Tls12).hello()
    peer.present(world.alice)
    peer.verify(world.alice)
    peer.send(CHANGE_CIPHER_SPEC, b"\1")
    peer.plain(HANDSHAKE, peer.finished_message() * 3)
    return peer.answer()


@both("a request in the clear after the handshake", "alert bad_record_mac")
def _(world, version):
    peer = world.connect(version).hello().prove(world.alice)
    peer.plain(APPLICATION_DATA, b"GET /public/x HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return peer.answer()


@case("TLS 1.3: a request under the keys of the handshake", "alert bad_record_mac")
def _(world):
    peer = world.connect(Tls13).hello()
    peer.certificate(world.alice)
    peer.verify(world.alice)
    peer.say(peer.finished_message())
    return peer.ask()


@case("TLS 1.3: bytes behind Finished in its record", UNEXPECTED)
def _(world):
    """RFC 8446 section 5.1: what changes keys is the last of its record."""
    peer = world.connect(Tls13).hello()
    peer.certificate(world.alice)
    peer.verify(world.alice)
    peer.send(HANDSHAKE, peer.finished_message() + message(24, b"\0"))
    peer.application_keys()
    return peer.ask()


@case("TLS 1.3: the whole flight in one record", "200", "alice")
def _(world):
    """A control: messages may share a record."""
    peer = world.connect(Tls13).hello()
    send, flight = peer.send, bytearray()
    peer.send = lambda kind, data: flight.extend(data)
    peer.certificate(world.alice)
    peer.verify(world.alice)
    peer.say(peer.finished_message())
    peer.send = send
    peer.send(HANDSHAKE, flight)
    peer.application_keys()
    return peer.ask()
