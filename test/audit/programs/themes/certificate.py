"""Certificate: what is no list of certificates is refused, and no list makes anybody but the one whose key signs."""

from bent.suite import both, case, theme
from bent.tls12 import Tls12
from bent.tls13 import Tls13
from bent.wire import CERTIFICATE, message, uint, vector

theme(__doc__)


def entry(version, der, extensions=b""):
    return vector(3, der) + (vector(2, extensions) if version is Tls13 else b"")


def listed(version, *entries, context=b""):
    """The message with these entries."""
    return message(CERTIFICATE, *([vector(1, context)] if version is Tls13 else []), vector(3, *entries))


def chain(version, *ders):
    return listed(version, *(entry(version, der) for der in ders))


def sent(world, version, certificate, prover=None, where="require", path="/app/x"):
    """The whole handshake with this Certificate message, proven by the key of `prover` unless there is none."""
    peer = world.connect(version, where).hello()
    peer.say(certificate)
    peer.key_exchange()
    if prover is not None:
        peer.verify(prover)
    peer.finish()
    return peer.ask(path)


# Nobody


for where, path, answer in [
    ("require", "/app/x", "401 certificate_required"),
    ("require", "/public/x", "401 certificate_required"),
    ("optional", "/app/x", "401 certificate_required"),
    ("optional", "/public/x", "200"),
    ("admin", "/api/v1/whoami", "401 certificate_required"),
]:

    @both(f"an empty list is nobody ({where} {path})", answer)
    def _(world, version, where=where, path=path):
        return sent(world, version, chain(version), where=where, path=path)


@both("no such message, where one was asked for", "alert unexpected_message")
def _(world, version):
    peer = world.connect(version, "optional").hello()
    peer.key_exchange()
    peer.finish()
    return peer.ask("/public/x")


@both("no such message, but a CertificateVerify", "alert unexpected_message")
def _(world, version):
    peer = world.connect(version, "optional").hello()
    peer.key_exchange()
    peer.verify(world.alice)
    peer.finish()
    return peer.ask("/public/x")


for where in ("require", "optional", "admin"):

    @both(f"an empty list and a CertificateVerify ({where})", "alert unexpected_message")
    def _(world, version, where=where):
        return sent(world, version, chain(version), world.alice, where, "/public/x")


@both("alice is alice on the admin address", "200 there")
def _(world, version):
    return sent(world, version, chain(version, *world.alice.chain), world.alice, "admin", "/api/v1/whoami") + " there"


@both("alice is alice where nobody has to be anybody", "200", user="alice")
def _(world, version):
    return sent(world, version, chain(version, *world.alice.chain), world.alice, "optional")


for where in ("optional", "admin"):

    @both(f"mallory says to be alice ({where})", "alert decrypt_error")
    def _(world, version, where=where):
        return sent(world, version, chain(version, *world.alice.chain), world.mallory, where, "/public/x")


@both("where none is asked for, one is not taken", "alert unexpected_message")
def _(world, version):
    return sent(world, version, chain(version, *world.alice.chain), world.alice, "none")


@case("TLS 1.2: the alert no_certificate of SSL 3.0 in its place", "alert unexpected_message")
def _(world):
    peer = world.connect(Tls12, "optional").hello()
    peer.send(21, bytes([1, 41]))
    peer.key_exchange()
    peer.finish()
    return peer.ask("/public/x")


# Several certificates: the first is whose key has to sign

for what, ders, prover, answer, user in [
    ("alice before mallory, signed by alice", "alice mallory", "alice", "200", "alice"),
    ("alice before mallory, signed by mallory", "alice mallory", "mallory", "alert decrypt_error", None),
    ("mallory before alice, signed by mallory", "mallory alice", "mallory", "403 role_missing", None),
    ("mallory before alice, signed by alice", "mallory alice", "alice", "alert decrypt_error", None),
    ("alice twice", "alice alice", "alice", "200", "alice"),
    ("the root before alice, signed by alice", "root alice", "alice", "alert decrypt_error", None),
    ("alice before the root", "alice root", "alice", "200", "alice"),
    ("alice before 20 others", "alice" + " mallory" * 20, "alice", "200", "alice"),
    ("mallory before 20 times alice", "mallory" + " alice" * 20, "mallory", "403 role_missing", None),
]:

    @both(what, answer, user=user)
    def _(world, version, ders=ders, prover=prover):
        return sent(world, version, chain(version, *(world.leaf(name) for name in ders.split())), world.identity(prover))


@both("alice before 150 others, 60 kB of them", "200", user="alice")
def _(world, version):
    return sent(world, version, chain(version, world.leaf("alice"), *[world.leaf("mallory")] * 150), world.alice)


@both("alice before 1,000 others: more than 100 kB", "alert illegal_parameter")
def _(world, version):
    return sent(world, version, chain(version, world.leaf("alice"), *[world.leaf("mallory")] * 1_000), world.alice)


@both("a list that says to have 16 MB, and is refused before it has come", "alert illegal_parameter")
def _(world, version):
    peer = world.connect(version).hello()
    peer.send(22, bytes([CERTIFICATE]) + b"\xff\xff\xff" + b"\0" * 1_000)
    return peer.answer()


@both("alice in records of one byte each", "200", user="alice")
def _(world, version):
    """A control: a message may be cut anywhere."""
    peer = world.connect(version).hello()
    whole = chain(version, *world.alice.chain)
    for at in range(len(whole)):
        peer.send(22, whole[at : at + 1])
    peer.transcript += whole
    peer.key_exchange()
    peer.verify(world.alice)
    peer.finish()
    return peer.ask()


# Lengths


def changed(what, answer, make, **answers):
    """The message with alice alone, changed: `make` gets the version and her DER."""

    @both(what, answer, **answers)
    def _(world, version):
        return sent(world, version, make(version, world.leaf("alice")), world.alice)


def lengths(version, der, of_list=0, of_entry=0):
    """The list of her alone with lengths that are off by so much."""
    one = uint(len(der) + of_entry, 3) + der + (b"\0\0" if version is Tls13 else b"")
    context = b"\0" if version is Tls13 else b""
    return message(CERTIFICATE, context, uint(len(one) + of_list, 3), one)


DECODE = "alert decode_error"
changed("a list a byte shorter than it is", DECODE, lambda version, der: lengths(version, der, of_list=-1))
changed("a list a byte longer than it is", DECODE, lambda version, der: lengths(version, der, of_list=1))
changed(
    "a list that says to be empty, and is not",
    DECODE,
    lambda version, der: message(CERTIFICATE, b"\0" * (4 if version is Tls13 else 3), entry(version, der)),
)
changed(
    "a list of 16 MB, it says",
    DECODE,
    lambda version, der: message(CERTIFICATE, b"\0" if version is Tls13 else b"", b"\xff\xff\xff", entry(version, der)),
)
changed("a certificate a byte shorter than it is", DECODE, lambda version, der: lengths(version, der, of_entry=-1))
changed("a certificate a byte longer than it is", DECODE, lambda version, der: lengths(version, der, of_entry=1))
changed("a certificate of 16 MB, it says", DECODE, lambda version, der: lengths(version, der, of_entry=0xFFFFFF - len(der)))
changed("no bytes at all", DECODE, lambda version, der: message(CERTIFICATE))
changed("half a length", DECODE, lambda version, der: message(CERTIFICATE, b"\0" * (2 if version is Tls13 else 1)))
changed("a byte behind the list", DECODE, lambda version, der: message(CERTIFICATE, chain(version, der)[4:], b"\0"))
changed("a zero-length certificate alone", DECODE, lambda version, der: chain(version, b""))
changed("a zero-length certificate before her", DECODE, lambda version, der: chain(version, b"", der))
changed("a zero-length certificate behind her", DECODE, lambda version, der: chain(version, der, b""))
changed("the message of the other version", DECODE, lambda version, der: chain(Tls12 if version is Tls13 else Tls13, der))


@both("it is sent twice", "alert unexpected_message")
def _(world, version):
    peer = world.connect(version).hello()
    peer.certificate(world.mallory)
    peer.present(world.alice)
    peer.verify(world.alice)
    peer.finish()
    return peer.ask()


@both("an empty one, then one with alice", "alert unexpected_message")
def _(world, version):
    peer = world.connect(version, "optional").hello()
    peer.certificate(None)
    peer.present(world.alice)
    peer.verify(world.alice)
    peer.finish()
    return peer.ask()


@both("alice, then an empty one", "alert unexpected_message")
def _(world, version):
    peer = world.connect(version, "optional").hello()
    peer.certificate(world.alice)
    peer.stay_nobody()
    return peer.ask("/public/x")
