"""Cases that differ from a proper handshake of alice in their ClientHello."""

from .suite import both, case
from .tls12 import Tls12
from .tls13 import Tls13

DECODE, ILLEGAL, MISSING = "alert decode_error", "alert illegal_parameter", "alert missing_extension"
UNEXPECTED, FAILURE, VERSION = "alert unexpected_message", "alert handshake_failure", "alert protocol_version"


def said(world, version, hello, where="require"):
    """The whole handshake of alice that begins with this hello."""
    return world.connect(version, where).hello(hello).prove(world.alice).ask()


def changed(what, answer=None, change=None, user=None, **answers):
    """A hello that `change` has changed; what it gives is sent, if it gives anything."""

    @both(what, answer, user=user, **answers)
    def _(world, version):
        peer = world.connect(version)
        hello = peer.client_hello()
        other = change(hello)
        if isinstance(other, bytes):
            peer.say(other)
            return peer.server_flight().prove(world.alice).ask()
        return peer.hello(hello).prove(world.alice).ask()


def changed13(what, answer, change, user=None):
    @case(f"TLS 1.3: {what}", answer, user)
    def _(world):
        peer = world.connect(Tls13)
        hello = peer.client_hello()
        change(hello, peer)
        return peer.hello(hello).prove(world.alice).ask()


def changed12(what, answer, change, user=None):
    @case(f"TLS 1.2: {what}", answer, user)
    def _(world):
        peer = world.connect(Tls12)
        hello = peer.client_hello()
        change(hello)
        return peer.hello(hello).prove(world.alice).ask()
