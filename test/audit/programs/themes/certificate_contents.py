"""What is in a Certificate: bytes that are no certificate, one that was tampered with, and what TLS 1.3 lets stand beside it."""

from ecdsa.util import sigdecode_der

from bent.asn1 import P256_ORDER, ecdsa_signature, sequence
from bent.suite import both, case, theme
from bent.tls13 import Tls13
from bent.wire import CERTIFICATE, message, uint, vector

from .certificate import chain, changed, entry, listed, sent

theme(__doc__)

# What is no certificate

GARBAGE = "alert decode_error"
changed("random bytes", GARBAGE, lambda version, der: chain(version, bytes(range(256)) * 2))
changed("zeros", GARBAGE, lambda version, der: chain(version, bytes(500)))
changed("an empty SEQUENCE", GARBAGE, lambda version, der: chain(version, b"\x30\0"))
changed("a SEQUENCE of 4 GB, it says", GARBAGE, lambda version, der: chain(version, b"\x30\x84\xff\xff\xff\xff" + der[4:]))
changed("1,000 SEQUENCEs one in the other", GARBAGE, lambda version, der: chain(version, b"\x30\x80" * 1_000))
changed("her certificate without its last byte", GARBAGE, lambda version, der: chain(version, der[:-1]))
changed("her certificate with a byte behind it", GARBAGE, lambda version, der: chain(version, der + b"\0"))
changed("her certificate twice as one", GARBAGE, lambda version, der: chain(version, der + der))
changed("her certificate as a SET", GARBAGE, lambda version, der: chain(version, b"\x31" + der[1:]))
changed("her certificate as text", GARBAGE, lambda version, der: chain(version, b"-----BEGIN CERTIFICATE-----\n"))
changed("garbage before her", GARBAGE, lambda version, der: chain(version, bytes(500), der))
changed("garbage behind her", GARBAGE, lambda version, der: chain(version, der, bytes(500)))


# OpenSSL reads BER around what is signed, and gives it on as DER: the same certificate, with the same fingerprint.
changed(
    "her certificate as a SEQUENCE of no told length",
    "200",
    lambda version, der: chain(version, b"\x30\x80" + der[4:] + b"\0\0"),
    user="alice",
)
changed(
    "her certificate with a longer length than needed", "200", lambda version, der: chain(version, b"\x30\x83\0" + der[2:]), user="alice"
)


def resigned(certificate):
    """The certificate with the other ECDSA signature of the same key over the same bytes."""
    signed = 4 + int.from_bytes(certificate[6:8], "big")
    to_be_signed, rest = certificate[4 : 4 + signed], certificate[4 + signed :]
    algorithm, bits = rest[: 2 + rest[1]], rest[2 + rest[1] :]
    r, s = sigdecode_der(bits[3:], P256_ORDER)
    other = ecdsa_signature(r, P256_ORDER - s)
    return sequence(to_be_signed, algorithm, bytes([3, len(other) + 1, 0]) + other)


@both("her certificate with the other signature that is right", "200", user="alice")
def _(world, version):
    """Whoever has an ECDSA signature can make its other half: another fingerprint, but the same key, by which certgate blocks too."""
    return sent(world, version, chain(version, resigned(world.leaf("alice"))), world.alice)


@both("her certificate with a bit of its signature flipped", "403 certificate_unknown_issuer")
def _(world, version):
    der = bytearray(world.leaf("alice"))
    der[-1] ^= 1
    return sent(world, version, chain(version, der), world.alice)


@both("her certificate with another name in it", "403 certificate_unknown_issuer")
def _(world, version):
    der = world.leaf("mallory").replace(b"mallory", b"adminis")
    return sent(world, version, chain(version, der), world.mallory)


@both("her certificate with mallory's key in it", "403 certificate_unknown_issuer")
def _(world, version):
    hers, his = world.leaf("alice"), world.leaf("mallory")
    marker = bytes.fromhex("034200") + b"\4"
    there, here = hers.index(marker) + 4, his.index(marker) + 4
    return sent(world, version, chain(version, hers[:there] + his[here : here + 64] + hers[there + 64 :]), world.mallory)


# TLS 1.3: the context and the extensions of each certificate


def changed13(what, answer, make):
    @case(f"TLS 1.3: {what}", answer)
    def _(world):
        return sent(world, Tls13, make(world.leaf("alice")), world.alice)


changed13("a context where none was given", "alert decode_error", lambda der: listed(Tls13, entry(Tls13, der), context=b"\1"))
changed13("a context of 255 bytes", "alert decode_error", lambda der: listed(Tls13, entry(Tls13, der), context=b"\1" * 255))
changed13("a context that is cut off", "alert decode_error", lambda der: message(CERTIFICATE, b"\xff\0\0\0"))

EXTENSIONS = {
    "an OCSP response that was not asked for": (5, b"\1" + vector(3, b"x"), "alert unsupported_extension"),
    "a server name": (0, vector(2, b"\0" + vector(2, b"localhost")), "alert illegal_parameter"),
    "a key share": (51, b"", "alert illegal_parameter"),
}
for what, (kind, body, answer) in EXTENSIONS.items():
    changed13(
        f"{what} with the certificate",
        answer,
        lambda der, kind=kind, body=body: listed(Tls13, entry(Tls13, der, uint(kind) + vector(2, body))),
    )

changed13("an extension that is cut off", "alert decode_error", lambda der: listed(Tls13, entry(Tls13, der, b"\0\5\0")))
changed13("no length of extensions", "alert decode_error", lambda der: listed(Tls13, vector(3, der)))

# RFC 8446 section 4.2 wants an alert here. OpenSSL passes over what it does not know, and so nothing comes of it.
UNKNOWN = uint(0xFAFA) + vector(2, b"x")
for what, entries in {
    "an unknown extension with the certificate": [UNKNOWN],
    "an unknown extension twice": [UNKNOWN * 2],
    "an unknown extension with the second certificate": [b"", UNKNOWN],
    "timestamps that were not asked for": [uint(18) + vector(2, vector(2, vector(2, b"x")))],
}.items():

    @case(f"TLS 1.3: {what}", "200", "alice")
    def _(world, entries=entries):
        der = world.leaf("alice")
        return sent(world, Tls13, listed(Tls13, *(entry(Tls13, der, extensions) for extensions in entries)), world.alice)


@case("TLS 1.3: a compressed certificate, which was not asked for", "alert unexpected_message")
def _(world):
    peer = world.connect(Tls13).hello()
    peer.say(message(25, uint(1), uint(10, 3), vector(3, b"x" * 10)))
    peer.verify(world.alice)
    peer.finish()
    return peer.ask()
