"""Handshake, application data and alerts among each other, and keys that are changed on the way."""

from bent.connection import ALERT, APPLICATION_DATA, HANDSHAKE
from bent.suite import both, case, theme
from bent.tls12 import Tls12
from bent.tls13 import Tls13

from .records import FORGED, UNEXPECTED, alice

theme(__doc__)

# Handshake and application data among each other


@both("application data within Certificate", UNEXPECTED)
def _(world, version):
    peer = world.connect(version).hello()
    whole = peer.certificate_message(world.alice.chain)
    peer.send(HANDSHAKE, whole[:100])
    peer.request("/public/x")
    peer.send(HANDSHAKE, whole[100:])
    return peer.answer()


@both("a warning within Certificate", tls12="200", tls13="closed", user="alice")
def _(world, version):
    peer = world.connect(version).hello()
    whole = peer.certificate_message(world.alice.chain)
    peer.send(HANDSHAKE, whole[:100])
    peer.send(ALERT, bytes([1, 41]))
    peer.send(HANDSHAKE, whole[100:])
    peer.transcript += whole
    peer.key_exchange()
    peer.verify(world.alice)
    peer.finish()
    return peer.ask()


@both("the hello's second half under application data", UNEXPECTED)
def _(world, version):
    peer = world.connect(version)
    whole = peer.client_hello().write()
    peer.send(HANDSHAKE, whole[:50])
    peer.send(APPLICATION_DATA, whole[50:])
    return peer.answer()


@case("TLS 1.3: a KeyUpdate, and the request under the new keys", "200", "alice")
def _(world):
    """A control."""
    peer = alice(world, Tls13)
    peer.send(HANDSHAKE, b"\x18\0\0\1\0")
    peer.next_keys()
    return peer.ask()


KEY_UPDATES = {
    "with another value": (b"\x18\0\0\1\2", "alert illegal_parameter"),
    "that is empty": (b"\x18\0\0\0", "alert decode_error"),
    "with a byte more": (b"\x18\0\0\2\0\0", "alert illegal_parameter"),
    "with something behind it in its record": (b"\x18\0\0\1\0\x18\0\0\1\0", UNEXPECTED),
}

for what, (data, answer) in KEY_UPDATES.items():

    @case(f"TLS 1.3: a KeyUpdate {what}", answer)
    def _(world, data=data):
        peer = alice(world, Tls13)
        peer.send(HANDSHAKE, data)
        return peer.ask()


@case("TLS 1.3: a KeyUpdate torn in two by application data", UNEXPECTED)
def _(world):
    peer = alice(world, Tls13)
    peer.send(HANDSHAKE, b"\x18\0\0")
    peer.request()
    return peer.answer()


@case("TLS 1.3: a request under the old keys after a KeyUpdate", FORGED)
def _(world):
    peer = alice(world, Tls13)
    peer.send(HANDSHAKE, b"\x18\0\0\1\0")
    return peer.ask()


# Warnings


@case("TLS 1.2: four warnings", "200", "alice")
def _(world):
    peer = alice(world, Tls12)
    for _ in range(4):
        peer.send(ALERT, bytes([1, 90]))
    return peer.ask()


@case("TLS 1.2: a flood of warnings", UNEXPECTED)
def _(world):
    peer = alice(world, Tls12)
    for _ in range(100):
        peer.send(ALERT, bytes([1, 90]))
    return peer.ask()


@case("TLS 1.3: a warning that is none", "closed")
def _(world):
    peer = alice(world, Tls13)
    peer.send(ALERT, bytes([1, 100]))
    return peer.ask()
