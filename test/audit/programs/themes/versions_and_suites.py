"""Versions and suites: old and weak ones are not spoken, and nothing is downgraded unnoticed."""

from bent.hellos import FAILURE, VERSION, changed12, changed13, said
from bent.suite import both, case, theme
from bent.tls12 import ECDHE_RSA_AES_128_GCM, ECDSA_AES_128_GCM, ECDSA_AES_256_GCM, ECDSA_CHACHA20, Tls12
from bent.tls13 import AES_128_GCM, AES_256_GCM, CHACHA20, Tls13
from bent.wire import VERSIONS, Hello, common_extensions, uint, uints, vector

theme(__doc__)

SCSV_FALLBACK, SCSV_RENEGOTIATION = 0x5600, 0x00FF

# Suites


@case("TLS 1.2: AES-128-GCM passes where the server has an RSA key", "200", "alice")
def _(world):
    return said(world, Tls12, world.connect(Tls12).client_hello([ECDHE_RSA_AES_128_GCM]), "rsa")


for code, name in {ECDSA_AES_128_GCM: "AES-128-GCM", ECDSA_AES_256_GCM: "AES-256-GCM", ECDSA_CHACHA20: "ChaCha20"}.items():

    @case(f"TLS 1.2: {name} passes", "200", "alice")
    def _(world, code=code):
        peer = world.connect(Tls12)
        return peer.hello(peer.client_hello([code])).prove(world.alice).ask()


for code, name in {AES_128_GCM: "AES-128-GCM", AES_256_GCM: "AES-256-GCM", CHACHA20: "ChaCha20"}.items():

    @case(f"TLS 1.3: {name} passes", "200", "alice")
    def _(world, code=code):
        peer = world.connect(Tls13)
        return peer.hello(peer.client_hello([code])).prove(world.alice).ask()


REFUSED_SUITES = {
    "NULL with NULL": [0x0000],
    "RSA with NULL": [0x0001, 0x0002, 0x003B],
    "ECDHE with NULL": [0xC006, 0xC010],
    "anonymous DH": [0x0018, 0x001B, 0x0034, 0x003A, 0x006C, 0x006D, 0x00A6, 0x00A7],
    "anonymous ECDH": [0xC015, 0xC016, 0xC017, 0xC018, 0xC019],
    "EXPORT": [0x0003, 0x0006, 0x0008, 0x000B, 0x000E, 0x0011, 0x0014, 0x0017, 0x0019],
    "RC4": [0x0004, 0x0005, 0xC007, 0xC011],
    "3DES": [0x000A, 0x0016, 0xC008, 0xC012],
    "static RSA": [0x002F, 0x0035, 0x009C, 0x009D],
    "DHE": [0x0033, 0x0039, 0x009E, 0x009F, 0xCCAA],
    "CBC": [0xC009, 0xC00A, 0xC023, 0xC024, 0xC013, 0xC014],
    "CCM with short tags": [0xC0AE, 0xC0AF, 0x1305],
    "PSK": [0x008C, 0x00A8, 0xC035, 0xCCAC],
    "GOST and SM4": [0xC100, 0xC101, 0x00C6, 0x00C7],
    "none that is known": [0x0A0A, 0xFEFE],
    "those for signalling alone": [SCSV_RENEGOTIATION],
}

for what, suites in REFUSED_SUITES.items():

    @both(f"suites: {what}", FAILURE)
    def _(world, version, suites=suites):
        return said(world, version, world.connect(version).client_hello(suites))

    @case(f"TLS 1.2: suites: {what}, where the server has an RSA key", FAILURE)
    def _(world, suites=suites):
        return said(world, Tls12, world.connect(Tls12).client_hello(suites), "rsa")


@case("TLS 1.2: suites of TLS 1.3 alone", FAILURE)
def _(world):
    return said(world, Tls12, world.connect(Tls12).client_hello([AES_128_GCM]))


@case("TLS 1.3: suites of TLS 1.2 alone", FAILURE)
def _(world):
    return said(world, Tls13, world.connect(Tls13).client_hello([ECDSA_AES_128_GCM]))


# Versions

for what, version in {"SSL 3.0": (3, 0), "TLS 1.0": (3, 1), "TLS 1.1": (3, 2)}.items():

    @case(f"TLS 1.2: {what} is the highest", FAILURE if version == (3, 0) else VERSION)
    def _(world, version=version):
        hello = Hello([ECDSA_AES_128_GCM, 0xC009, 0x002F], common_extensions(), version)
        return said(world, Tls12, hello)

    @case(f"TLS 1.3: {what} is the only one among the supported versions", VERSION)
    def _(world, version=version):
        peer = world.connect(Tls13)
        return said(world, Tls13, peer.client_hello().with_extension(VERSIONS, vector(1, bytes(version))))


@case("TLS 1.2 where TLS 1.3 is the least", VERSION)
def _(world):
    return said(world, Tls12, world.connect(Tls12).client_hello(), "strict")


@case("TLS 1.3 where it is the least", "200", "alice")
def _(world):
    peer = world.connect(Tls13, "strict")
    return peer.hello().prove(world.alice).ask()


@case("TLS 1.2: a hello of SSL 2.0", VERSION)
def _(world):
    peer = world.connect(Tls12)
    body = b"\1\0\2" + uints(3, 0, 16) + b"\1\0\x80" + bytes(16)
    peer.raw(bytes([0x80, len(body)]) + body)
    return peer.answer()


@case("TLS 1.2: a hello of SSL 2.0 that speaks of TLS 1.2", FAILURE)
def _(world):
    peer = world.connect(Tls12)
    body = b"\1\3\3" + uints(3, 0, 16) + b"\0\xc0\x2b" + bytes(16)
    peer.raw(bytes([0x80, len(body)]) + body)
    return peer.answer()


VERSIONS_ANSWERS = {
    "a draft of TLS 1.3 alone": (vector(1, uint(0x7F1C)), VERSION),
    "TLS 1.4 alone": (vector(1, uint(0x0305)), VERSION),
    "nothing known": (vector(1, uint(0x0A0A)), VERSION),
    "no version": (vector(1), VERSION),
    "half a version": (vector(1, b"\3\4\3"), VERSION),
    "more than it says": (vector(1, b"\3\4") + b"\3", VERSION),
    "less than it says": (b"\4\3\4", VERSION),
    "nothing at all": (b"", VERSION),
}

for what, (body, answer) in VERSIONS_ANSWERS.items():
    changed13(f"supported versions with {what}", answer, lambda hello, peer, body=body: hello.with_extension(VERSIONS, body))

changed13(
    "supported versions from the newest unknown to the oldest",
    "200",
    lambda hello, peer: hello.with_extension(VERSIONS, vector(1, uints(0x7A7A, 0x0305, 0x0304, 0x0303, 0x0302, 0x0300))),
    "alice",
)
changed12("TLS 1.4 as the version, without the extension, is TLS 1.2", "200", lambda hello: setattr(hello, "version", b"\3\5"), "alice")
changed12("version 0.0", VERSION, lambda hello: setattr(hello, "version", b"\0\0"))


# Downgrades


@case("TLS 1.2: the server's random says that TLS 1.3 would have been spoken", "it says so")
def _(world):
    """RFC 8446 section 4.1.3: a client of TLS 1.3 notices that somebody has taken its version away."""
    peer = world.connect(Tls12).hello()
    return "it says so" if peer.server_random[-8:] == b"DOWNGRD\x01" else peer.server_random.hex()


@case("TLS 1.3: the server's random says nothing of the kind", "it says nothing")
def _(world):
    peer = world.connect(Tls13).hello()
    return "it says nothing" if b"DOWNGRD" not in peer.transcript else "it says so"


@case("TLS 1.2: a fallback that tells of itself is refused", "alert inappropriate_fallback")
def _(world):
    return said(world, Tls12, world.connect(Tls12).client_hello([ECDSA_AES_128_GCM, SCSV_FALLBACK]))


@case("TLS 1.3: a fallback to the highest version is none", "200", "alice")
def _(world):
    peer = world.connect(Tls13)
    return peer.hello(peer.client_hello([AES_128_GCM, SCSV_FALLBACK])).prove(world.alice).ask()
