"""The order of messages: nothing is taken before its turn, twice, or after the end, and Finished covers all that was said."""

from bent.connection import APPLICATION_DATA, CHANGE_CIPHER_SPEC
from bent.suite import both, case, theme
from bent.tls12 import Tls12
from bent.tls13 import Tls13
from bent.wire import message, vector

theme(__doc__)

UNEXPECTED = "alert unexpected_message"

# Which messages, in which order. C: Certificate of alice, E: none, K: key exchange, V: CertificateVerify, S: ChangeCipherSpec, F: Finished,
# D: a request as application data, H: the ClientHello again.


def _steps(peer, world, steps):
    request = b"GET /public/x HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for step in steps:
        if step == "C":
            peer.certificate(world.alice)
        elif step == "E":
            peer.certificate(None)
        elif step == "K":
            peer.key_exchange()
        elif step == "V":
            peer.verify(world.alice)
        elif step == "S":
            peer.change_cipher()
        elif step == "F":
            peer.say(peer.finished_message())
        elif step == "D":
            peer.send(APPLICATION_DATA, request)
        elif step == "H":
            peer.say(peer.client_hello().write())
    return peer.ask("/public/x")


ORDERS_12 = "KCVSF CVKSF VCKSF CKSVF CKSFV CSKVSF CKVF KVSF CKVKSF CCKVSF CKVVSF CKVSSF KSF KCSF EKKSF ECKVSF CEKVSF CEKSF KE EKVSF SKCVSF"
ORDERS_12 += " HCKVSF CHKVSF CKHVSF CKVSHF CDKVSF CKDVSF CKVDSF CKVSDF DCKVSF EDKSF EKDSF EKSDF D"
ORDERS_13 = "VCF FCV CFV VF CF FC F EVF CCVF CVVF CECVF ECF CEF ECVF HCVF CHVF CVHF DCVF CDVF CVDF DEF EDF D"

for version, orders in ((Tls12, ORDERS_12), (Tls13, ORDERS_13)):
    for steps in orders.split():

        @case(f"{version.name}: the order {steps}", UNEXPECTED)
        def _(world, version=version, steps=steps):
            return _steps(world.connect(version, "optional").hello(), world, steps)


# Messages that are not a client's to send, at each place

STRANGE = {
    "HelloRequest": message(0),
    "ServerHello": message(2, b"\3\3" + bytes(32) + b"\0\xc0\x2b\0"),
    "NewSessionTicket": message(4, bytes(4) + vector(2, b"ticket")),
    "EndOfEarlyData": message(5),
    "EncryptedExtensions": message(8, b"\0\0"),
    "ServerKeyExchange": message(12, b"\3\0\x1d" + vector(1, bytes(32))),
    "CertificateRequest": message(13, b"\0\0\0"),
    "ServerHelloDone": message(14),
    "KeyUpdate": message(24, b"\0"),
    "the next protocol": message(67, b"\0\0"),
    "a message hash": message(254, bytes(32)),
    "an unknown message": message(99, b"x"),
    "message 255": message(255),
}

for what, strange in STRANGE.items():

    @both(f"{what} before Certificate", UNEXPECTED)
    def _(world, version, strange=strange):
        peer = world.connect(version).hello()
        peer.say(strange)
        return _steps(peer, world, "CKV")

    @both(f"{what} before Finished", UNEXPECTED)
    def _(world, version, strange=strange):
        peer = world.connect(version).hello()
        peer.present(world.alice)
        peer.verify(world.alice)
        peer.say(strange)
        return _steps(peer, world, "SF" if version is Tls12 else "F")


for what, strange in STRANGE.items():
    if what == "KeyUpdate":
        continue

    @both(f"{what} after the handshake", UNEXPECTED)
    def _(world, version, strange=strange):
        peer = world.connect(version).hello().prove(world.alice)
        peer.say(strange)
        return peer.ask()


# ChangeCipherSpec

CHANGES = {"with another value": b"\2", "that is empty": b"", "of two bytes": b"\1\1"}

for what, data in CHANGES.items():

    @both(f"a ChangeCipherSpec {what}", UNEXPECTED)
    def _(world, version, data=data):
        peer = world.connect(version).hello()
        peer.present(world.alice)
        peer.verify(world.alice)
        peer.send(CHANGE_CIPHER_SPEC, data)
        peer.layer.changeWriteState()
        peer.say(peer.finished_message())
        return peer.ask()


@case("TLS 1.2: a ChangeCipherSpec before the ClientHello", UNEXPECTED)
def _(world):
    peer = world.connect(Tls12)
    peer.plain(CHANGE_CIPHER_SPEC, b"\1")
    return peer.hello().prove(world.alice).ask()


@both("a ChangeCipherSpec right after the server's hello", tls12=UNEXPECTED, tls13="200")
def _(world, version):
    """As in CVE-2014-0224: the keys would be made of nothing. In TLS 1.3 it means nothing, and is allowed there."""
    where, path = ("require", "/app/x") if version is Tls12 else ("optional", "/public/x")
    peer = world.connect(version, where).hello()
    peer.plain(CHANGE_CIPHER_SPEC, b"\1")
    peer.present(world.alice if version is Tls12 else None)
    if version is Tls12:
        peer.verify(world.alice)
    peer.finish()
    return peer.ask(path)


@case("TLS 1.3: a ChangeCipherSpec under the keys", UNEXPECTED)
def _(world):
    peer = world.connect(Tls13).hello()
    peer.raw(peer.seal(CHANGE_CIPHER_SPEC, b"\1"))
    return peer.prove(world.alice).ask()


@both("a ChangeCipherSpec after the handshake", UNEXPECTED)
def _(world, version):
    peer = world.connect(version).hello().prove(world.alice)
    if version is Tls12:
        peer.send(CHANGE_CIPHER_SPEC, b"\1")
    else:
        peer.plain(CHANGE_CIPHER_SPEC, b"\1")
    return peer.ask()


@case("TLS 1.3: 100 times ChangeCipherSpec", UNEXPECTED)
def _(world):
    peer = world.connect(Tls13).hello()
    for _ in range(100):
        peer.plain(CHANGE_CIPHER_SPEC, b"\1")
    return peer.prove(world.alice).ask()
