"""Key shares: keys that are no points of their group, and hellos that have to be said again for another group."""

import os

from bent.connection import HANDSHAKE
from bent.hellos import DECODE, FAILURE, ILLEGAL, MISSING, UNEXPECTED, VERSION, changed13
from bent.suite import case, theme
from bent.tls12 import Tls12
from bent.tls13 import AES_256_GCM, Tls13
from bent.wire import COOKIE, GROUPS, KEY_SHARE, P256, VERSIONS, X25519, message, uint, vector

theme(__doc__)

# Key shares and exchanged keys


def share(group, body):
    return vector(2, uint(group) + vector(2, body))


SHARES = {
    "of zeros": (lambda peer: share(X25519, bytes(32)), ILLEGAL),
    "of order 8": (lambda peer: share(X25519, bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")), ILLEGAL),
    "of 31 bytes": (lambda peer: share(X25519, peer.share[:-1]), ILLEGAL),
    "of 33 bytes": (lambda peer: share(X25519, peer.share + b"\0"), ILLEGAL),
    "of no bytes": (lambda peer: share(X25519, b""), DECODE),
    "that is cut off": (lambda peer: vector(2, uint(X25519) + b"\0\x20" + peer.share[:-1]), DECODE),
    "with a byte behind the list": (lambda peer: share(X25519, peer.share) + b"\0", DECODE),
    "of a point that is not on P-256": (lambda peer: share(P256, b"\4" + b"\5" * 64), ILLEGAL),
    "of the point at infinity of P-256": (lambda peer: share(P256, b"\0"), ILLEGAL),
    "of a compressed point of P-256": (lambda peer: share(P256, b"\2" + b"\5" * 32), ILLEGAL),
    "of a group that was not offered": (lambda peer: share(0x0100, bytes(256)), ILLEGAL),
}

for what, (make, answer) in SHARES.items():
    changed13(f"a key share {what}", answer, lambda hello, peer, make=make: hello.with_extension(KEY_SHARE, make(peer)))

changed13("no key share extension", MISSING, lambda hello, peer: hello.without(KEY_SHARE))
changed13("no groups", MISSING, lambda hello, peer: hello.without(GROUPS))
# RFC 8446 leaves it to the server whether it looks for these; OpenSSL takes the first share, and wants no cookie.
changed13(
    "two key shares of one group",
    "200",
    lambda hello, peer: hello.with_extension(KEY_SHARE, vector(2, (uint(X25519) + vector(2, peer.share)) * 2)),
    "alice",
)
changed13("a cookie that was never given", "200", lambda hello, peer: hello.with_extension(COOKIE, vector(2, b"cookie")), "alice")

POINTS = {
    "zeros": (bytes(32), ILLEGAL),
    "31 bytes": (bytes(31), ILLEGAL),
    "one byte": (b"\1", ILLEGAL),
    "a point of P-256": (b"\4" + b"\5" * 64, ILLEGAL),
}

for what, (point, answer) in POINTS.items():

    @case(f"TLS 1.2: the client's public key is {what}", answer)
    def _(world, point=point):
        peer = world.connect(Tls12).hello()
        peer.certificate(world.alice)
        peer.key_exchange(point)
        peer.verify(world.alice)
        peer.finish()
        return peer.ask()


for what, body, answer in [
    ("is empty", b"", FAILURE),
    ("has no point", b"\0", ILLEGAL),
    ("is cut off", b"\x20" + bytes(31), DECODE),
    ("has a byte more", b"\x20" + b"\5" * 33, DECODE),
    ("is that of RSA", vector(2, os.urandom(256)), DECODE),
]:

    @case(f"TLS 1.2: ClientKeyExchange {what}", answer)
    def _(world, body=body):
        peer = world.connect(Tls12).hello()
        peer.certificate(world.alice)
        peer.say(message(16, body))
        return peer.answer()


# A hello that has to be said again


def retried(world, change):
    """The second hello, after a first without a key share, as `change` makes it of the right one."""
    peer = world.connect(Tls13)
    hello = peer.client_hello().with_extension(KEY_SHARE, vector(2))
    peer.say(hello.write())
    if peer.retry_request() != uint(X25519):
        return "another group"
    hello.with_extension(KEY_SHARE, share(X25519, peer.share))
    change(hello, peer)
    peer.say(hello.write())
    return peer.server_flight().prove(world.alice).ask()


RETRIES = {
    "as it should be": (lambda hello, peer: None, "200", "alice"),
    "without a key share again": (lambda hello, peer: hello.with_extension(KEY_SHARE, vector(2)), ILLEGAL, None),
    "with a share of another group": (lambda hello, peer: hello.with_extension(KEY_SHARE, share(P256, b"\4" + b"\5" * 64)), ILLEGAL, None),
    "with another suite": (lambda hello, peer: setattr(hello, "suites", [AES_256_GCM]), ILLEGAL, None),
    "with another version": (lambda hello, peer: hello.with_extension(VERSIONS, vector(1, uint(0x0303))), VERSION, None),
    "without the supported versions": (lambda hello, peer: hello.without(VERSIONS), VERSION, None),
}

for what, (change, answer, user) in RETRIES.items():

    @case(f"TLS 1.3: a hello said again {what}", answer, user)
    def _(world, change=change):
        return retried(world, change)


@case("TLS 1.3: a hello said again, and again", UNEXPECTED)
def _(world):
    peer = world.connect(Tls13)
    hello = peer.client_hello().with_extension(KEY_SHARE, vector(2))
    peer.say(hello.write())
    peer.retry_request()
    hello.with_extension(KEY_SHARE, share(X25519, peer.share))
    peer.say(hello.write())
    peer.send(HANDSHAKE, hello.write())
    return peer.server_flight().prove(world.alice).ask()


@case("TLS 1.3: a Certificate instead of a hello said again", UNEXPECTED)
def _(world):
    peer = world.connect(Tls13)
    peer.say(peer.client_hello().with_extension(KEY_SHARE, vector(2)).write())
    peer.retry_request()
    peer.certificate(world.alice)
    return peer.answer()
