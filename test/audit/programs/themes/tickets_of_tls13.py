"""Tickets of TLS 1.3: a binder proves that the secret is known, and early data is never read."""

import os

from bent.connection import APPLICATION_DATA, record
from bent.suite import case, theme
from bent.tls13 import AES_256_GCM, CHACHA20, Ticket, Tls13
from bent.wire import EARLY_DATA, KEY_SHARE, PRE_SHARED_KEY, PSK_MODES, vector

from .sessions import NOBODY, earned, going_on, resuming

theme(__doc__)

# Binders, and what stands around them

BINDERS = {
    "a flipped bit": lambda right: bytes([right[0] ^ 1]) + right[1:],
    "a flipped last bit": lambda right: right[:-1] + bytes([right[-1] ^ 1]),
    "zeros": lambda right: bytes(len(right)),
    "a byte missing": lambda right: right[:-1],
    "a byte more": lambda right: right + b"\0",
    "48 bytes": lambda right: right + bytes(16),
}
OF_ANOTHER_LENGTH = ("a byte missing", "a byte more", "48 bytes")

for what, change in BINDERS.items():

    @case(f"TLS 1.3: a binder with {what}", "alert decode_error" if what in OF_ANOTHER_LENGTH else "alert decrypt_error")
    def _(world, change=change):
        return going_on(resuming(world, Tls13, earned(world, Tls13), binder=change))


@case("TLS 1.3: alice's ticket with the secret of another", "alert decrypt_error")
def _(world):
    alice, mallory = earned(world, Tls13), earned(world, Tls13, "mallory")
    return going_on(resuming(world, Tls13, Ticket(alice.identity, mallory.secret, alice.suite, alice.age_add)))


@case("TLS 1.3: the binder of another hello", "alert decrypt_error")
def _(world):
    peer = world.connect(Tls13)
    hello = peer.offer(peer.client_hello(), earned(world, Tls13))
    hello.random = os.urandom(32)
    return going_on(peer.hello(hello))


def offered(world, change):
    """What comes of alice's ticket in a hello that is changed when the binder is in it."""
    peer = world.connect(Tls13)
    hello = peer.offer(peer.client_hello(), earned(world, Tls13))
    change(hello)
    return going_on(peer.hello(hello))


def psk(hello):
    return hello.extensions[-1][1]


def identities(hello):
    return psk(hello)[: 2 + int.from_bytes(psk(hello)[:2], "big")]


def replaced(hello, body):
    hello.extensions[-1] = (PRE_SHARED_KEY, body)


@case("TLS 1.3: the ticket is not the last extension", "alert illegal_parameter")
def _(world):
    return offered(world, lambda hello: hello.extensions.append((0xFAFA, b"")))


@case("TLS 1.3: the ticket twice", "alert illegal_parameter")
def _(world):
    return offered(world, lambda hello: hello.extensions.append(hello.extensions[-1]))


@case("TLS 1.3: a ticket without a binder", "alert decode_error")
def _(world):
    return offered(world, lambda hello: replaced(hello, identities(hello) + vector(2)))


@case("TLS 1.3: a ticket and no list of binders", "alert decode_error")
def _(world):
    return offered(world, lambda hello: replaced(hello, identities(hello)))


@case("TLS 1.3: a binder and no ticket", NOBODY)
def _(world):
    """An empty list is none; RFC 8446 section 4.2.11 has no empty one, but OpenSSL goes on with a full handshake."""
    return offered(world, lambda hello: replaced(hello, vector(2) + psk(hello)[len(identities(hello)) :]))


@case("TLS 1.3: two tickets and one binder", "alert decode_error")
def _(world):
    def change(hello):
        one = identities(hello)[2:]
        replaced(hello, vector(2, vector(2, b"unknown") + bytes(4), one) + psk(hello)[len(one) + 2 :])

    return offered(world, change)


@case("TLS 1.3: an empty ticket", "alert decode_error")
def _(world):
    return offered(world, lambda hello: replaced(hello, vector(2, vector(2), bytes(4)) + psk(hello)[len(identities(hello)) :]))


@case("TLS 1.3: a ticket and no modes", "alert missing_extension")
def _(world):
    peer = world.connect(Tls13)
    return going_on(peer.hello(peer.offer(peer.client_hello().without(PSK_MODES), earned(world, Tls13))))


@case("TLS 1.3: a ticket without a new key exchange", NOBODY)
def _(world):
    """The mode without forward secrecy is not taken: it is a full handshake."""
    peer = world.connect(Tls13)
    return going_on(peer.hello(peer.offer(peer.client_hello().with_extension(PSK_MODES, b"\1\0"), earned(world, Tls13))))


@case("TLS 1.3: a ticket and no key share at all", "alert missing_extension")
def _(world):
    peer = world.connect(Tls13)
    return going_on(peer.hello(peer.offer(peer.client_hello().without(KEY_SHARE), earned(world, Tls13))))


@case("TLS 1.3: a ticket under a suite with another hash", NOBODY)
def _(world):
    peer = world.connect(Tls13)
    session = earned(world, Tls13)
    return going_on(peer.hello(peer.offer(peer.client_hello([AES_256_GCM]), session)))


@case("TLS 1.3: a ticket under another suite with the same hash", "resumed 200", "alice")
def _(world):
    peer = world.connect(Tls13)
    return going_on(peer.hello(peer.offer(peer.client_hello([CHACHA20]), earned(world, Tls13))))


@case("TLS 1.3: a ticket that says to be 49 days old", "resumed 200", "alice")
def _(world):
    """What a client says of the age counts for early data alone; the ticket itself holds when it was made."""
    session = earned(world, Tls13)
    session.age_add = (session.age_add + 0xFFFFFFFF) % 2**32
    return going_on(resuming(world, Tls13, session))


# Early data


def early(world, peer, hello, *records):
    """Sends the hello and, before anything has come back, records that are early data."""
    peer.greet(hello)
    for one in records:
        peer.raw(one)
    peer.server_flight()
    if peer.resumed:
        peer.finish()
        return "resumed " + peer.ask()
    return peer.prove(world.alice).ask()


GET_EARLY = b"GET /public/early HTTP/1.1\r\nHost: localhost\r\n\r\n"


def with_early_data(peer, ticket):
    hello = peer.client_hello().with_extension(EARLY_DATA, b"")
    return peer.offer(hello, ticket) if ticket else hello


@case("TLS 1.3: early data under alice's ticket is not read, and she is served once", "resumed 200", "alice")
def _(world):
    ticket = earned(world, Tls13)
    peer = world.connect(Tls13)
    hello = with_early_data(peer, ticket)
    return early(world, peer, hello, peer.early_record(hello, GET_EARLY))


@case("TLS 1.3: nor is early data in the clear", "resumed 200", "alice")
def _(world):
    ticket = earned(world, Tls13)
    peer = world.connect(Tls13)
    return early(world, peer, with_early_data(peer, ticket), record(APPLICATION_DATA, GET_EARLY))


@case("TLS 1.3: more early data than a server passes over", "alert unexpected_message")
def _(world):
    ticket = earned(world, Tls13)
    peer = world.connect(Tls13)
    return early(world, peer, with_early_data(peer, ticket), *[record(APPLICATION_DATA, os.urandom(16_000))] * 3)


@case("TLS 1.3: the extension for early data without a ticket says nothing", "200", "alice")
def _(world):
    peer = world.connect(Tls13)
    return early(world, peer, with_early_data(peer, None))


@case("TLS 1.3: early data without the extension", "alert bad_record_mac")
def _(world):
    ticket = earned(world, Tls13)
    peer = world.connect(Tls13)
    return early(world, peer, peer.offer(peer.client_hello(), ticket), record(APPLICATION_DATA, os.urandom(100)))


@case("TLS 1.3: no early data although it was announced", "resumed 200", "alice")
def _(world):
    ticket = earned(world, Tls13)
    peer = world.connect(Tls13)
    return early(world, peer, with_early_data(peer, ticket))


@case("TLS 1.3: the end of early data that was never taken", "alert unexpected_message")
def _(world):
    ticket = earned(world, Tls13)
    peer = world.connect(Tls13)
    peer.hello(with_early_data(peer, ticket))
    peer.say(b"\5\0\0\0")
    peer.finish()
    return peer.ask()


@case("TLS 1.3: tickets allow no early data", "not allowed")
def _(world):
    return "allowed" if EARLY_DATA in earned(world, Tls13).extensions else "not allowed"
