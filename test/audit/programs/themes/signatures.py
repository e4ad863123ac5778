"""Signatures: what is not the one that the key makes, bit for bit and number for number, proves nothing."""

import hashlib

from ecdsa.der import encode_integer, encode_sequence
from ecdsa.util import sigdecode_der
from tlslite.utils.cryptomath import numberToByteArray

from bent.asn1 import P256_ORDER, ecdsa_signature, integer, sequence
from bent.signing import SCHEMES, signature
from bent.suite import both, case, theme
from bent.tls12 import Tls12
from bent.wire import CERTIFICATE_VERIFY, message, uint, vector

theme(__doc__)

# Signatures that are not what was made


def flipped(at):
    def change(right):
        changed = bytearray(right)
        changed[at if at < 0 else min(at, len(right) - 1)] ^= 1 if at < 0 else 0x40
        return bytes(changed)

    return change


CHANGES = {
    "a bit flipped in its first byte": flipped(0),
    "a bit flipped in its sixth byte": flipped(5),
    "a bit flipped in its middle": lambda right: flipped(len(right) // 2)(right),
    "a bit flipped in its last byte": flipped(-1),
    "its last byte missing": lambda right: right[:-1],
    "a zero at its end": lambda right: right + b"\0",
    "a zero before it": lambda right: b"\0" + right,
    "nothing in it": lambda right: b"",
    "one byte in it": lambda right: right[:1],
    "zeros alone": lambda right: bytes(len(right)),
    "ones alone": lambda right: b"\xff" * len(right),
    "itself twice": lambda right: right + right,
}

# All of it for one key of each kind, and the first of it for their relatives.
for who, changes in {"alice": 12, "rsa": 12, "ed25519": 12, "p521": 4, "pss": 4, "ed448": 4}.items():
    for what, change in list(CHANGES.items())[:changes]:

        @both(f"a signature of {who} with {what}", "alert decrypt_error")
        def _(world, version, who=who, change=change):
            return world.connect(version).hello().prove(world.identity(who), change=change).ask()


# ECDSA: r and s, and how they are written

ECDSA = {
    "r is 0": lambda r, s: ecdsa_signature(0, s),
    "s is 0": lambda r, s: ecdsa_signature(r, 0),
    "r and s are 0": lambda r, s: ecdsa_signature(0, 0),
    "r and s are 1": lambda r, s: ecdsa_signature(1, 1),
    "r is the order of the curve": lambda r, s: ecdsa_signature(P256_ORDER, s),
    "s is the order of the curve": lambda r, s: ecdsa_signature(r, P256_ORDER),
    "r is beyond the order, congruent to the right one": lambda r, s: ecdsa_signature(r + P256_ORDER, s),
    "s is beyond the order, congruent to the right one": lambda r, s: ecdsa_signature(r, s + P256_ORDER),
    "r is negative": lambda r, s: sequence(integer(-r), integer(s)),
    "s is negative, congruent to the right one": lambda r, s: sequence(integer(r), integer(s - P256_ORDER)),
    "r and s are exchanged": lambda r, s: ecdsa_signature(s, r),
    "r is a number of 1,000 bytes": lambda r, s: ecdsa_signature(1 << 7_999, s),
    "r and s stand side by side, without DER": lambda r, s: r.to_bytes(32, "big") + s.to_bytes(32, "big"),
    "the integers have a zero too many": lambda r, s: sequence(integer(r, 36), integer(s, 36)),
    "a length is written the long way": lambda r, s: b"\x30\x81" + ecdsa_signature(r, s)[1:],
    "its length is not given": lambda r, s: b"\x30\x80" + ecdsa_signature(r, s)[2:] + b"\0\0",
    "a third integer follows": lambda r, s: encode_sequence(encode_integer(r), encode_integer(s), encode_integer(1)),
    "there is only one integer": lambda r, s: encode_sequence(encode_integer(r)),
    "there is no integer": lambda r, s: encode_sequence(),
    "it is a SET": lambda r, s: b"\x31" + ecdsa_signature(r, s)[1:],
    "the integers are OCTET STRINGs": lambda r, s: ecdsa_signature(r, s).replace(b"\2", b"\4", 1),
    "the sequence says to be longer than it is": lambda r, s: b"\x30" + bytes([ecdsa_signature(r, s)[1] + 1]) + ecdsa_signature(r, s)[2:],
}


def written(write):
    return lambda right: write(*sigdecode_der(right, P256_ORDER))


for what, write in ECDSA.items():

    @both(f"ECDSA: {what}", "alert decrypt_error")
    def _(world, version, write=write):
        return world.connect(version).hello().prove(world.alice, change=written(write)).ask()


@both("ECDSA: s is the other of the two that are right", "200", user="alice")
def _(world, version):
    """A control: whoever has the one can make the other, so that both prove the same."""
    return world.connect(version).hello().prove(world.alice, change=written(lambda r, s: ecdsa_signature(r, P256_ORDER - s))).ask()


# RSA: numbers, paddings and salts


def rsa_number(make):
    """A signature that is a number made from the modulus, and of its size."""

    def build(key, content):
        return bytes(numberToByteArray(make(key.n), len(numberToByteArray(key.n))))

    return build


def pkcs1(make):
    """The block to sign, from the DigestInfo of SHA-256 and the room there is for it."""

    def build(key, content):
        digest = bytearray(hashlib.sha256(content).digest())
        block = make(bytes(key.addPKCS1Prefix(digest, "sha256")), 256)
        return bytes(key._raw_private_key_op_bytes(bytearray(block)))

    return build


def pss(change):
    """EMSA-PSS of SHA-256, changed before it is signed."""

    def build(key, content):
        digest = bytearray(hashlib.sha256(content).digest())
        block = change(bytearray(key.EMSA_PSS_encode(digest, 2047, "sha256", 32)))
        return bytes(key._raw_private_key_op_bytes(block))

    return build


def with_byte(at, value):
    def change(block):
        block[at] = value(block[at])
        return block

    return change


NUMBERS = {
    "0": lambda n: 0,
    "1": lambda n: 1,
    "the modulus less 1": lambda n: n - 1,
    "the modulus": lambda n: n,
    "the modulus and 1": lambda n: n + 1,
}
PKCS1_BLOCKS = {
    "the hash without saying which": lambda info, size: b"\0\1" + b"\xff" * (size - 35) + b"\0" + info[-32:],
    "the algorithm without its NULL": lambda info, size: _block(sequence(sequence(info[4:15]), info[19:]), size),
    "the right hash under the name of SHA-384": lambda info, size: _block(info.replace(b"\x03\x04\x02\x01", b"\x03\x04\x02\x02"), size),
    "block type 2": lambda info, size: b"\0\2" + b"\xff" * (size - len(info) - 3) + b"\0" + info,
    "block type 0": lambda info, size: b"\0\0" + b"\0" * (size - len(info) - 3) + b"\0" + info,
    "short padding, and garbage behind the hash": lambda info, size: (
        b"\0\1" + b"\xff" * 8 + b"\0" + info + b"\x55" * (size - len(info) - 11)
    ),
    "garbage in the parameters": lambda info, size: _with_parameters(info, size),
    "a padding that is not all ones": lambda info, size: (
        b"\0\1" + b"\xff" * 50 + b"\xfe" + b"\xff" * (size - len(info) - 54) + b"\0" + info
    ),
    "no zero before the hash": lambda info, size: b"\0\1" + b"\xff" * (size - len(info) - 2) + info,
    "a first byte that is not 0": lambda info, size: b"\1" + _block(info, size)[1:],
}


def _block(info, size):
    return b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info


def _with_parameters(info, size):
    """Bleichenbacher's forgery of 2006 in its second form: the padding is short because the parameters are long."""
    filling = size - 11 - len(info) - 6
    algorithm = sequence(info[4:15], b"\4\x82" + uint(filling - 2) + b"\x55" * (filling - 2))
    return _block(sequence(algorithm, info[19:]), size)


PSS_BLOCKS = {
    "a trailer of 0xcc": with_byte(-1, lambda old: 0xCC),
    "a changed salt": with_byte(100, lambda old: old ^ 1),
    "a changed hash": with_byte(-2, lambda old: old ^ 1),
}


def salted(size):
    return lambda key, content: signature(key, "rsa_pss_rsae_sha256", content, size)


PSS = {f"the signature is {what}": rsa_number(make) for what, make in NUMBERS.items()}
PSS |= {f"PSS with {what}": pss(change) for what, change in PSS_BLOCKS.items()}
PSS |= {f"PSS with a salt of {size} bytes": salted(size) for size in (0, 20, 31, 33, 222)}


def _built(peer, identity, scheme, build):
    """Certificate and so on, with a CertificateVerify that is built of key and content."""
    peer.hello()
    peer.present(identity)
    peer.say(message(CERTIFICATE_VERIFY, uint(SCHEMES[scheme][0]), vector(2, build(identity.key, peer.content()))))
    peer.finish()
    return peer.ask()


for what, build in PSS.items():

    @both(f"RSA: {what}", "alert decrypt_error")
    def _(world, version, build=build):
        return _built(world.connect(version), world.identity("rsa"), "rsa_pss_rsae_sha256", build)


for what, make in NUMBERS.items():

    @case(f"TLS 1.2: PKCS #1: the signature is {what}", "alert decrypt_error")
    def _(world, make=make):
        return _built(world.connect(Tls12), world.identity("rsa"), "rsa_pkcs1_sha256", rsa_number(make))


for what, make in PKCS1_BLOCKS.items():

    @case(f"TLS 1.2: PKCS #1 with {what}", "alert decrypt_error")
    def _(world, make=make):
        return _built(world.connect(Tls12), world.identity("rsa"), "rsa_pkcs1_sha256", pkcs1(make))


@case("TLS 1.2: PKCS #1 as it should be, made by hand", "200", "rsa")
def _(world):
    return _built(world.connect(Tls12), world.identity("rsa"), "rsa_pkcs1_sha256", pkcs1(_block))


@both("PSS as it should be, made by hand", "200", user="rsa")
def _(world, version):
    return _built(world.connect(version), world.identity("rsa"), "rsa_pss_rsae_sha256", pss(lambda block: block))


# Ed25519: S beyond the order of the group would verify where nobody looks at its range

ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


@both("Ed25519: S is beyond the order, congruent to the right one", "alert decrypt_error")
def _(world, version):
    def change(right):
        return right[:32] + (int.from_bytes(right[32:], "little") + ED25519_ORDER).to_bytes(32, "little")

    return world.connect(version).hello().prove(world.identity("ed25519"), change=change).ask()


@both("Ed25519: R is the neutral element and S is 0", "alert decrypt_error")
def _(world, version):
    return world.connect(version).hello().prove(world.identity("ed25519"), change=lambda right: b"\1" + bytes(63)).ask()
