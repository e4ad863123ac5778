"""After the handshake: nobody becomes anybody else, neither by a certificate that nobody asked for nor by a renegotiation."""

from bent.connection import ALERT, HANDSHAKE
from bent.suite import both, case, theme
from bent.tls12 import Tls12
from bent.tls13 import Tls13
from bent.wire import POST_HANDSHAKE_AUTH, RENEGOTIATION, vector

theme(__doc__)

UNEXPECTED = "alert unexpected_message"

# A certificate after the handshake


@both("a certificate after the handshake, from nobody", UNEXPECTED)
def _(world, version):
    peer = world.connect(version, "optional").hello()
    peer.stay_nobody()
    peer.certificate(world.alice)
    return peer.ask()


@both("another certificate after the handshake", UNEXPECTED)
def _(world, version):
    peer = world.connect(version).hello().prove(world.mallory)
    peer.certificate(world.alice)
    return peer.ask()


for offered in (True, False):
    for first in (None, "mallory"):
        what = f"{'offered' if offered else 'not even offered'}, after {first or 'nobody'}"

        @case(f"TLS 1.3: a certificate with its proof after the handshake, unasked for ({what})", UNEXPECTED)
        def _(world, offered=offered, first=first):
            peer = world.connect(Tls13, "optional")
            hello = peer.client_hello()
            if offered:
                hello.with_extension(POST_HANDSHAKE_AUTH, b"")
            peer.hello(hello)
            peer.become(world.identity(first) if first else None)
            peer.certificate(world.alice)
            peer.verify(world.alice)
            peer.say(peer.finished_message())
            return peer.ask()


@case("TLS 1.3: who offers to be asked later is not asked", "401 certificate_required")
def _(world):
    peer = world.connect(Tls13, "optional")
    peer.hello(peer.client_hello().with_extension(POST_HANDSHAKE_AUTH, b""))
    peer.stay_nobody()
    return peer.ask()


@case("TLS 1.3: another ClientHello after the handshake", UNEXPECTED)
def _(world):
    peer = world.connect(Tls13).hello().prove(world.alice)
    peer.say(peer.client_hello().write())
    return peer.ask()


# Renegotiation


def _renegotiate(peer, info):
    hello = peer.client_hello()
    if info is None:
        hello.without(RENEGOTIATION)
    else:
        hello.with_extension(RENEGOTIATION, vector(1, info(peer)))
    peer.send(HANDSHAKE, hello.write())


INFOS = {
    "as RFC 5746 wants it": lambda peer: peer.verify_data,
    "of a first handshake": lambda peer: b"",
    "of another handshake": lambda peer: bytes(12),
    None: None,
}

for what, info in INFOS.items():
    told = f"with the renegotiation_info {what}" if what else "without renegotiation_info"

    for first in ("mallory", None):

        @case(
            f"TLS 1.2: renegotiation {told} is refused, and {first or 'nobody'} stays so",
            "403 role_missing" if first else "401 certificate_required",
        )
        def _(world, info=info, first=first):
            peer = world.connect(Tls12, "optional").hello()
            peer.become(world.identity(first) if first else None)
            _renegotiate(peer, info)
            answer = peer.ask()
            return answer if peer.warnings == ["no_renegotiation"] else f"{answer}, and warned of {peer.warnings}"


@case("TLS 1.2: the messages of a renegotiation all the same", UNEXPECTED)
def _(world):
    """Who does not wait for the answer to its hello, and sends alice's certificate at once."""
    peer = world.connect(Tls12).hello().prove(world.mallory)
    _renegotiate(peer, INFOS["as RFC 5746 wants it"])
    peer.certificate(world.alice)
    return peer.ask()


@case("TLS 1.2: 200 renegotiations on one connection are its end", "closed")
def _(world):
    peer = world.connect(Tls12).hello().prove(world.alice)
    for _ in range(200):
        _renegotiate(peer, INFOS["as RFC 5746 wants it"])
    return peer.ask()


# Alerts of the client


@both("the client's own fatal alert before its certificate", "closed")
def _(world, version):
    peer = world.connect(version, "optional").hello()
    peer.send(ALERT, bytes([2, 40]))
    peer.stay_nobody()
    return peer.ask("/public/x")


@both("its close_notify before its certificate", "closed")
def _(world, version):
    peer = world.connect(version, "optional").hello()
    peer.send(ALERT, bytes([1, 0]))
    peer.stay_nobody()
    return peer.ask("/public/x")


@both("a request after its close_notify", "closed")
def _(world, version):
    peer = world.connect(version).hello().prove(world.alice)
    peer.send(ALERT, bytes([1, 0]))
    return peer.ask()


@both("a request after its fatal alert", "closed")
def _(world, version):
    peer = world.connect(version).hello().prove(world.alice)
    peer.send(ALERT, bytes([2, 80]))
    return peer.ask()


ALERTS = {"of one byte": b"\2", "of three bytes": b"\2\x28\0", "that is empty": b""}

for what, data in ALERTS.items():

    @both(f"an alert {what} before the certificate", UNEXPECTED)
    def _(world, version, data=data):
        peer = world.connect(version).hello()
        peer.send(ALERT, data)
        return peer.prove(world.alice).ask()


@both("an alert of an unknown level before the certificate", tls12="alert illegal_parameter", tls13="closed")
def _(world, version):
    peer = world.connect(version).hello()
    peer.send(ALERT, b"\5\x28")
    return peer.prove(world.alice).ask()
