"""CertificateVerify: who does not prove that the key of the certificate is theirs is nobody, and is told so by an alert."""

import hashlib

from bent.signing import NAMES
from bent.suite import both, case, theme
from bent.tls12 import Tls12
from bent.tls13 import Tls13
from bent.wire import CERTIFICATE_VERIFY, message, uint, vector

theme(__doc__)

# Controls: who signs as they should is let in, by every scheme that is asked for and that this client can sign with.

PASSING = {
    Tls13: {
        "alice": ["ecdsa_secp256r1_sha256"],
        "p384": ["ecdsa_secp384r1_sha384"],
        "p521": ["ecdsa_secp521r1_sha512"],
        "brainpool256": ["ecdsa_brainpoolP256r1tls13_sha256"],
        "brainpool384": ["ecdsa_brainpoolP384r1tls13_sha384"],
        "brainpool512": ["ecdsa_brainpoolP512r1tls13_sha512"],
        "rsa": ["rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512"],
        "pss": ["rsa_pss_pss_sha256", "rsa_pss_pss_sha384", "rsa_pss_pss_sha512"],
        "ed25519": ["ed25519"],
        "ed448": ["ed448"],
    },
    Tls12: {
        "alice": ["ecdsa_sha224", "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512"],
        "p384": ["ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384"],
        "p521": ["ecdsa_secp521r1_sha512"],
        "rsa": [
            "rsa_pkcs1_sha224",
            "rsa_pkcs1_sha256",
            "rsa_pkcs1_sha384",
            "rsa_pkcs1_sha512",
            "rsa_pss_rsae_sha256",
            "rsa_pss_rsae_sha384",
            "rsa_pss_rsae_sha512",
        ],
        "pss": ["rsa_pss_pss_sha256", "rsa_pss_pss_sha384", "rsa_pss_pss_sha512"],
        "ed25519": ["ed25519"],
        "ed448": ["ed448"],
    },
}

for version, signers in PASSING.items():
    for who, schemes in signers.items():
        for scheme in schemes:

            @case(f"{version.name}: {who} signs with {scheme} and is let in", "200", who)
            def _(world, version=version, who=who, scheme=scheme):
                return world.connect(version).hello().prove(world.identity(who), scheme).ask()


OFFERED_13 = "0x905 0x906 0x904 ecdsa_secp256r1_sha256 ecdsa_secp384r1_sha384 ecdsa_secp521r1_sha512 ed25519 ed448"
OFFERED_13 += " ecdsa_brainpoolP256r1tls13_sha256 ecdsa_brainpoolP384r1tls13_sha384 ecdsa_brainpoolP512r1tls13_sha512"
PSS = " rsa_pss_pss_sha256 rsa_pss_pss_sha384 rsa_pss_pss_sha512 rsa_pss_rsae_sha256 rsa_pss_rsae_sha384 rsa_pss_rsae_sha512"
PKCS1 = " rsa_pkcs1_sha256 rsa_pkcs1_sha384 rsa_pkcs1_sha512"
OFFERED_12 = "ecdsa_secp256r1_sha256 ecdsa_secp384r1_sha384 ecdsa_secp521r1_sha512 ed25519 ed448" + PSS + PKCS1
OFFERED_12 += " ecdsa_sha224 rsa_pkcs1_sha224 0x302 dsa_sha256 0x502 0x602"


@both("the request for a certificate offers neither SHA-1 nor MD5", tls12=OFFERED_12, tls13=OFFERED_13 + PSS + PKCS1)
def _(world, version):
    return " ".join(NAMES.get(code, hex(code)) for code in world.connect(version).hello().requested["signatures"])


# OpenSSL asks for DSA too in TLS 1.2. Whoever comes with it proves who they are, and is told that it is not enough.
@both("dsa signs as it should", tls12="403 certificate_weak", tls13="alert illegal_parameter")
def _(world, version):
    return world.connect(version).hello().prove(world.identity("dsa")).ask()


# Not a proof at all, or somebody else's


@both("none is sent", "alert unexpected_message")
def _(world, version):
    peer = world.connect(version).hello()
    peer.present(world.alice)
    peer.finish()
    return peer.ask()


@both("signed with the key of another certificate", "alert decrypt_error")
def _(world, version):
    peer = world.connect(version).hello()
    peer.present(world.alice)
    peer.verify(world.mallory)
    peer.finish()
    return peer.ask()


@both("taken from another connection of the same client", "alert decrypt_error")
def _(world, version):
    other = world.connect(version).hello()
    other.present(world.alice)
    return world.connect(version).hello().prove(world.alice, content=other.content()).ask()


def _wrong_contents(peer):
    """What is signed instead of the handshake so far, by what it is."""
    said = bytes(peer.transcript)
    shorter, longer = said[:-1], said + b"\0"
    if isinstance(peer, Tls12):
        return {
            "all but the last byte of the handshake": shorter,
            "one byte more than the handshake": longer,
            "the hash of the handshake, as if it were the handshake": hashlib.sha256(said).digest(),
            "nothing": b"",
            "the two randoms alone, as a server signs": peer.hello_sent.random + peer.server_random,
            "what TLS 1.3 signs": b" " * 64 + b"TLS 1.3, client CertificateVerify\0" + hashlib.sha256(said).digest(),
        }
    return {
        "all but the last byte of the handshake": peer.content(transcript=shorter),
        "one byte more than the handshake": peer.content(transcript=longer),
        "the handshake without what says that it is the client's": hashlib.sha256(said).digest(),
        "the handshake as the server's signature": peer.content(label=b"TLS 1.3, server CertificateVerify"),
        "nothing": b"",
        "what TLS 1.2 signs": said,
        "the hash of another algorithm than the suite's": peer.content()[:-32] + hashlib.sha384(said).digest(),
        "a content with a space too few": peer.content()[1:],
    }


WRONG_CONTENTS = {
    Tls12: [
        "all but the last byte of the handshake",
        "one byte more than the handshake",
        "the hash of the handshake, as if it were the handshake",
        "nothing",
        "the two randoms alone, as a server signs",
        "what TLS 1.3 signs",
    ],
    Tls13: [
        "all but the last byte of the handshake",
        "one byte more than the handshake",
        "the handshake without what says that it is the client's",
        "the handshake as the server's signature",
        "nothing",
        "what TLS 1.2 signs",
        "the hash of another algorithm than the suite's",
        "a content with a space too few",
    ],
}

for version, contents in WRONG_CONTENTS.items():
    for what in contents:

        @case(f"{version.name}: signs {what}", "alert decrypt_error")
        def _(world, version=version, what=what):
            peer = world.connect(version).hello().present(world.alice)
            peer.verify(world.alice, content=_wrong_contents(peer)[what])
            peer.finish()
            return peer.ask()


# Schemes that were not offered, or are not this key's

# Who signs, how, and what is claimed; what is claimed alone where it cannot be signed with.
UNOFFERED = [
    ("alice", "ecdsa_sha1", None),
    ("rsa", "rsa_pkcs1_sha1", None),
    ("rsa", "rsa_pkcs1_md5", None),
    ("alice", "ecdsa_secp256r1_sha256", 0x0000),
    ("alice", "ecdsa_secp256r1_sha256", 0xFFFF),
    ("alice", "ecdsa_secp256r1_sha256", 0x0A0A),
    ("alice", "ecdsa_secp256r1_sha256", 0x0708),
    ("alice", "ecdsa_secp256r1_sha256", "ed25519"),
    ("alice", "ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256"),
    ("alice", "ecdsa_secp256r1_sha256", 0x0905),
    ("ed25519", "ed25519", "ed448"),
    ("ed25519", "ed25519", "ecdsa_secp256r1_sha256"),
    ("rsa", "rsa_pss_rsae_sha256", "rsa_pss_pss_sha256"),
    ("pss", "rsa_pss_pss_sha256", "rsa_pss_rsae_sha256"),
    ("rsa", "rsa_pss_rsae_sha256", "ecdsa_secp256r1_sha256"),
]


def _told(claim):
    return hex(claim) if isinstance(claim, int) else claim


for who, scheme, claim in UNOFFERED:

    @both(f"{who} says {_told(scheme if claim is None else claim)}, which was not offered for this key", "alert illegal_parameter")
    def _(world, version, who=who, scheme=scheme, claim=claim):
        return world.connect(version).hello().prove(world.identity(who), scheme, claim=claim).ask()


# In TLS 1.3 a scheme binds curve and hash, and PKCS #1 is for certificates only, although the list that is offered has it.
for who, scheme in [
    ("rsa", "rsa_pkcs1_sha224"),
    ("rsa", "rsa_pkcs1_sha256"),
    ("rsa", "rsa_pkcs1_sha384"),
    ("rsa", "rsa_pkcs1_sha512"),
    ("pss", "rsa_pkcs1_sha256"),
    ("alice", "ecdsa_sha224"),
    ("alice", "ecdsa_secp384r1_sha384"),
    ("alice", "ecdsa_secp521r1_sha512"),
    ("alice", "ecdsa_brainpoolP256r1tls13_sha256"),
    ("p384", "ecdsa_secp256r1_sha256"),
    ("p521", "ecdsa_secp384r1_sha384"),
    ("brainpool256", "ecdsa_secp256r1_sha256"),
]:

    @case(f"TLS 1.3: {who} signs with {scheme}", "alert illegal_parameter")
    def _(world, who=who, scheme=scheme):
        return world.connect(Tls13).hello().prove(world.identity(who), scheme).ask()


# In TLS 1.2 the curve has to be among the groups that are spoken, and the key of a certificate for PSS signs with PSS alone.
for who, scheme in [
    ("brainpool256", "ecdsa_secp256r1_sha256"),
    ("brainpool256", "ecdsa_brainpoolP256r1tls13_sha256"),
    ("pss", "rsa_pkcs1_sha256"),
]:

    @case(f"TLS 1.2: {who} signs with {scheme}", "alert illegal_parameter")
    def _(world, who=who, scheme=scheme):
        return world.connect(Tls12).hello().prove(world.identity(who), scheme).ask()


for who, scheme, claim in [
    ("alice", "ecdsa_secp384r1_sha384", "ecdsa_secp256r1_sha256"),
    ("rsa", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha256"),
    ("pss", "rsa_pss_pss_sha256", "rsa_pss_pss_sha512"),
    ("rsa", "rsa_pkcs1_sha256", "rsa_pss_rsae_sha256"),
]:

    @both(f"{who} signs with {scheme} and says {claim}", "alert decrypt_error")
    def _(world, version, who=who, scheme=scheme, claim=claim):
        return world.connect(version).hello().prove(world.identity(who), scheme, claim=claim).ask()


@case("TLS 1.2: rsa signs with rsa_pss_rsae_sha256 and says rsa_pkcs1_sha256", "alert decrypt_error")
def _(world):
    return world.connect(Tls12).hello().prove(world.identity("rsa"), "rsa_pss_rsae_sha256", claim="rsa_pkcs1_sha256").ask()


# The message itself


def with_body(what, answer, make):
    @both(f"the message {what}", answer)
    def _(world, version):
        peer = world.connect(version).hello().present(world.alice)
        whole = peer.verify_message(world.alice.key, world.alice.scheme)
        peer.say(message(CERTIFICATE_VERIFY, make(whole[4:])))
        peer.finish()
        return peer.ask()


DECODE = "alert decode_error"
with_body("has a byte more than its signature", DECODE, lambda body: body + b"\0")
with_body("says that its signature is a byte shorter", DECODE, lambda body: body[:2] + uint(len(body) - 5) + body[4:])
with_body("says that its signature is a byte longer", DECODE, lambda body: body[:2] + uint(len(body) - 3) + body[4:])
with_body("says that its signature has 65,535 bytes", DECODE, lambda body: body[:2] + b"\xff\xff" + body[4:])
with_body("is empty", DECODE, lambda body: b"")
with_body("has one byte", DECODE, lambda body: body[:1])
with_body("has a scheme and nothing else", DECODE, lambda body: body[:2])
with_body("has no scheme, as before TLS 1.2", "alert illegal_parameter", lambda body: body[2:])
with_body("has a signature of 40,000 bytes", "alert decrypt_error", lambda body: body[:2] + vector(2, body[4:], bytes(40_000)))


@both("it is sent twice", "alert unexpected_message")
def _(world, version):
    peer = world.connect(version).hello()
    peer.present(world.alice)
    peer.verify(world.alice)
    peer.verify(world.alice)
    peer.finish()
    return peer.ask()
