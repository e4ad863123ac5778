"""Resumption: a ticket brings back the one who earned it, where it was earned, and nobody else."""

import os

from bent.suite import both, case, theme
from bent.tls12 import ECDSA_AES_128_GCM, ECDSA_AES_256_GCM, ECDSA_CHACHA20, Tls12
from bent.tls13 import AES_128_GCM, Ticket, Tls13
from bent.wire import EXTENDED_MASTER_SECRET, SERVER_NAME, TICKET, vector

theme(__doc__)

NOBODY = "401 certificate_required"


def earned(world, version, who="alice", where="require", hello=None):
    """A session of somebody, who has asked for something so that the ticket has come; None: of nobody."""
    peer = world.connect(version, where)
    peer.hello(hello(peer) if hello else None)
    if peer.requested is None:
        peer.key_exchange()
        peer.finish()
    else:
        peer.become(world.identity(who) if who else None)
    peer.ask("/missing/earned")
    (session,) = peer.tickets
    return session


def resuming(world, version, session, where="require", **how):
    """A connection that has offered the session and heard the server's flight."""
    peer = world.connect(version, where)
    return peer.hello(peer.offer(peer.client_hello(), session, **how))


def going_on(peer, path="/app/x"):
    """What comes of it: `resumed` and the answer, or the answer of a full handshake without a certificate."""
    if peer.resumed:
        peer.finish()
        return "resumed " + peer.ask(path)
    return peer.stay_nobody().ask(path)


# Controls


@both("alice comes back as alice", "resumed 200", user="alice")
def _(world, version):
    return going_on(resuming(world, version, earned(world, version)))


@both("alice comes back twice with one ticket", "404 route_missing, resumed 200", user="alice")
def _(world, version):
    session = earned(world, version)
    peer = resuming(world, version, session)
    peer.finish()
    first = peer.ask("/missing/first")
    again = going_on(resuming(world, version, session))
    return f"{first}, {again}"


# Others


@both("mallory comes back as mallory", "resumed 403 role_missing")
def _(world, version):
    return going_on(resuming(world, version, earned(world, version, "mallory")))


for where in ("require", "optional"):

    @both(f"nobody comes back as nobody ({where})", f"resumed {NOBODY}")
    def _(world, version, where=where):
        return going_on(resuming(world, version, earned(world, version, None, where), where))


for first in ("mallory", None):

    @both(f"{first or 'nobody'} comes back and then shows alice's certificate", "alert unexpected_message")
    def _(world, version, first=first):
        peer = resuming(world, version, earned(world, version, first, "optional"), "optional")
        if not peer.resumed:
            return "it was not resumed"
        if version is Tls12:
            peer.change_cipher()
        peer.certificate(world.alice)
        peer.verify(world.alice)
        peer.say(peer.finished_message())
        if version is Tls13:
            peer.application_keys()
        return peer.ask()


# Elsewhere: a session counts where it was earned

for who, there, here in [
    ("alice", "require", "optional"),
    ("alice", "optional", "require"),
    ("alice", "require", "admin"),
    ("alice", "admin", "require"),
    ("alice", "require", "none"),
    (None, "none", "require"),
    (None, "none", "optional"),
    (None, "none", "admin"),
    (None, "optional", "require"),
    (None, "optional", "admin"),
]:

    @both(f"a session of {who or 'nobody'} on {there} is none on {here}", NOBODY)
    def _(world, version, who=who, there=there, here=here):
        peer = resuming(world, version, earned(world, version, who, there), here)
        if here != "none":
            return going_on(peer, path="/api/v1/whoami" if here == "admin" else "/app/x")
        if peer.resumed:
            return "resumed"
        peer.key_exchange()
        peer.finish()
        return peer.ask()


@case("TLS 1.2: a session of TLS 1.2 is refused where TLS 1.3 is the least", "alert protocol_version")
def _(world):
    return going_on(resuming(world, Tls12, earned(world, Tls12), "strict"))


@case("TLS 1.3: a ticket of TLS 1.2 is none", NOBODY)
def _(world):
    old = earned(world, Tls12)
    return going_on(resuming(world, Tls13, Ticket(old.ticket, old.master, AES_128_GCM, 0)))


@case("TLS 1.2: a ticket of TLS 1.3 is none", NOBODY)
def _(world):
    peer = world.connect(Tls12)
    new = earned(world, Tls13)
    hello = peer.client_hello().with_extension(TICKET, new.identity)
    hello.session_id = b"\7" * 32
    peer.hello(hello)
    return going_on(peer)


# Tickets that were tampered with: a full handshake, in which nobody is anybody

TAMPERED = {
    "a bit of its key name flipped": lambda ticket: bytes([ticket[0] ^ 1]) + ticket[1:],
    "a bit of its IV flipped": lambda ticket: ticket[:16] + bytes([ticket[16] ^ 1]) + ticket[17:],
    "a bit of its first block flipped": lambda ticket: ticket[:32] + bytes([ticket[32] ^ 1]) + ticket[33:],
    "a bit of its middle flipped": lambda ticket: ticket[:100] + bytes([ticket[100] ^ 0x80]) + ticket[101:],
    "a bit of its MAC flipped": lambda ticket: ticket[:-1] + bytes([ticket[-1] ^ 1]),
    "its last byte missing": lambda ticket: ticket[:-1],
    "its last block missing": lambda ticket: ticket[:-16],
    "a byte more": lambda ticket: ticket + b"\0",
    "itself behind it": lambda ticket: ticket + ticket,
    "the key name alone": lambda ticket: ticket[:16],
    "key name and IV alone": lambda ticket: ticket[:32],
    "its MAC alone": lambda ticket: ticket[-32:],
    "zeros for all but the key name": lambda ticket: ticket[:16] + bytes(len(ticket) - 16),
    "random bytes in its place": lambda ticket: os.urandom(len(ticket)),
    "two blocks exchanged": lambda ticket: ticket[:32] + ticket[48:64] + ticket[32:48] + ticket[64:],
    "60,000 bytes in its place": lambda ticket: ticket[:16] + bytes(60_000),
    "one byte in its place": lambda ticket: b"x",
}

for what, change in TAMPERED.items():

    @both(f"a ticket with {what}", NOBODY)
    def _(world, version, change=change):
        session = earned(world, version)
        if version is Tls12:
            return going_on(resuming(world, version, session, ticket=change))
        return going_on(resuming(world, version, Ticket(change(session.identity), session.secret, session.suite, session.age_add)))


@case("TLS 1.2: a session id without a ticket is none", NOBODY)
def _(world):
    return going_on(resuming(world, Tls12, earned(world, Tls12), ticket=lambda ticket: b""))


@case("TLS 1.2: a session id, and no extension for tickets", NOBODY)
def _(world):
    session = earned(world, Tls12)
    peer = world.connect(Tls12)
    peer.hello(peer.offer(peer.client_hello(), session).without(TICKET))
    return going_on(peer)


@case("TLS 1.2: alice's ticket without her secret", "alert bad_record_mac")
def _(world):
    """The thief cannot read what comes back either; the right keys are kept for that alone, so that the alert can be told."""
    peer = resuming(world, Tls12, earned(world, Tls12))
    peer.use(bytes(48))
    peer.finish()
    return peer.ask()


@case("TLS 1.2: alice's ticket and a wrong Finished", "alert decrypt_error")
def _(world):
    peer = resuming(world, Tls12, earned(world, Tls12))
    peer.finish(lambda right: bytes(12))
    return peer.ask()


@case("TLS 1.3: alice's ticket and a wrong Finished", "alert decrypt_error")
def _(world):
    peer = resuming(world, Tls13, earned(world, Tls13))
    peer.finish(lambda right: bytes(32))
    return peer.ask()


@both("a resumed session without the client's Finished", "alert unexpected_message")
def _(world, version):
    peer = resuming(world, version, earned(world, version))
    if version is Tls12:
        peer.change_cipher()
    return peer.ask()


@both("another server name", "resumed 200", user="alice")
def _(world, version):
    """Where no names are configured, none tells anything."""
    peer = world.connect(version)
    name = vector(2, b"\0" + vector(2, b"other.test"))
    return going_on(peer.hello(peer.offer(peer.client_hello().with_extension(SERVER_NAME, name), earned(world, version))))


# TLS 1.2: the extended master secret


def without_extended(peer):
    return peer.client_hello().without(EXTENDED_MASTER_SECRET)


@case("TLS 1.2: without the extended master secret", "200", "alice")
def _(world):
    """A control: it may be absent, since nothing here is bound to a connection that a renegotiation could change."""
    peer = world.connect(Tls12)
    return peer.hello(without_extended(peer)).prove(world.alice).ask()


@case("TLS 1.2: a session with it is not resumed without it", "alert handshake_failure")
def _(world):
    session = earned(world, Tls12)
    peer = world.connect(Tls12)
    return going_on(peer.hello(peer.offer(without_extended(peer), session)))


@case("TLS 1.2: a session without it is not resumed with it", NOBODY)
def _(world):
    return going_on(resuming(world, Tls12, earned(world, Tls12, hello=without_extended)))


@case("TLS 1.2: a session without it is resumed without it", "resumed 200", "alice")
def _(world):
    session = earned(world, Tls12, hello=without_extended)
    peer = world.connect(Tls12)
    return going_on(peer.hello(peer.offer(without_extended(peer), session)))


@case("TLS 1.2: who sends the extended one without having agreed on it", "alert bad_record_mac")
def _(world):
    peer = world.connect(Tls12)
    peer.hello(without_extended(peer))
    peer.extended = True
    return peer.prove(world.alice).ask()


@case("TLS 1.2: who has agreed on it and does not use it", "alert bad_record_mac")
def _(world):
    peer = world.connect(Tls12).hello()
    peer.extended = False
    return peer.prove(world.alice).ask()


@case("TLS 1.2: a session under another suite", "alert illegal_parameter")
def _(world):
    session = earned(world, Tls12)
    peer = world.connect(Tls12)
    return going_on(peer.hello(peer.offer(peer.client_hello([ECDSA_AES_256_GCM, ECDSA_CHACHA20]), session)))


@case("TLS 1.2: a session among several suites keeps its own", "resumed 200", "alice")
def _(world):
    session = earned(world, Tls12, hello=lambda peer: peer.client_hello([ECDSA_AES_256_GCM]))
    peer = world.connect(Tls12)
    peer.hello(peer.offer(peer.client_hello([ECDSA_AES_128_GCM, ECDSA_AES_256_GCM]), session))
    return going_on(peer) if peer.suite == ECDSA_AES_256_GCM else f"suite {peer.suite:x}"
