"""Certificates with their keys, and signatures as they should be or otherwise."""

import hashlib

from ecdsa import SigningKey
from ecdsa.util import sigencode_der
from tlslite.utils.keyfactory import parsePEMKey
from tlslite.utils.pem import dePemList

# Code, kind of key, hash.
SCHEMES = {
    "rsa_pkcs1_md5": (0x0101, "pkcs1", "md5"),
    "rsa_pkcs1_sha1": (0x0201, "pkcs1", "sha1"),
    "rsa_pkcs1_sha224": (0x0301, "pkcs1", "sha224"),
    "rsa_pkcs1_sha256": (0x0401, "pkcs1", "sha256"),
    "rsa_pkcs1_sha384": (0x0501, "pkcs1", "sha384"),
    "rsa_pkcs1_sha512": (0x0601, "pkcs1", "sha512"),
    "ecdsa_sha1": (0x0203, "ecdsa", "sha1"),
    "ecdsa_sha224": (0x0303, "ecdsa", "sha224"),
    "ecdsa_secp256r1_sha256": (0x0403, "ecdsa", "sha256"),
    "ecdsa_secp384r1_sha384": (0x0503, "ecdsa", "sha384"),
    "ecdsa_secp521r1_sha512": (0x0603, "ecdsa", "sha512"),
    "ecdsa_brainpoolP256r1tls13_sha256": (0x081A, "ecdsa", "sha256"),
    "ecdsa_brainpoolP384r1tls13_sha384": (0x081B, "ecdsa", "sha384"),
    "ecdsa_brainpoolP512r1tls13_sha512": (0x081C, "ecdsa", "sha512"),
    "rsa_pss_rsae_sha256": (0x0804, "pss", "sha256"),
    "rsa_pss_rsae_sha384": (0x0805, "pss", "sha384"),
    "rsa_pss_rsae_sha512": (0x0806, "pss", "sha512"),
    "rsa_pss_pss_sha256": (0x0809, "pss", "sha256"),
    "rsa_pss_pss_sha384": (0x080A, "pss", "sha384"),
    "rsa_pss_pss_sha512": (0x080B, "pss", "sha512"),
    "dsa_sha256": (0x0402, "dsa", "sha256"),
    "ed25519": (0x0807, "eddsa", None),
    "ed448": (0x0808, "eddsa", None),
}
NAMES = {code: name for name, (code, _, _) in SCHEMES.items()}


def certificates(path):
    """DER, in the order of the file."""
    with open(path, encoding="ascii") as file:
        return [bytes(der) for der in dePemList(file.read(), "CERTIFICATE")]


class Identity:
    """A chain (DER, the leaf first) and the key of the leaf. `scheme` is what it signs with by default."""

    def __init__(self, path, scheme):
        self.chain = certificates(path + ".crt")
        with open(path + ".key", encoding="ascii") as file:
            pem = file.read()
        self.scheme = scheme
        self.key = parsePEMKey(pem, private=True) if scheme.startswith(("rsa", "dsa")) else SigningKey.from_pem(pem)


def signature(key, scheme, content, salt=None):
    """Of the content, with the hash of the scheme; `salt` is the length of it for PSS where it is not the hash's."""
    _, kind, name = SCHEMES[scheme]
    if kind == "eddsa":
        return bytes(key.sign_deterministic(bytes(content)))
    if kind == "ecdsa":
        return ecdsa(sigencode_der, key, name, content)
    digest = bytearray(hashlib.new(name, content).digest())
    if kind == "dsa":
        return bytes(key.sign(digest, hashAlg=name))
    if kind == "pkcs1":
        return bytes(key.sign(digest, "pkcs1", name))
    return bytes(key.sign(digest, "pss", name, len(digest) if salt is None else salt))


def ecdsa(encode, key, name, content):
    """`encode` gets r, s and the order of the curve."""
    digest = hashlib.new(name, content).digest()
    return key.sign_digest_deterministic(digest, hashfunc=hashlib.sha256, sigencode=encode, allow_truncate=True)
