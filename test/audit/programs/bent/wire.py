"""Bytes of TLS messages: lengths before contents, and a ClientHello whose every part can be chosen."""

import os

CLIENT_HELLO, CERTIFICATE, CERTIFICATE_VERIFY, CLIENT_KEY_EXCHANGE, FINISHED = 1, 11, 15, 16, 20

# Extensions
SERVER_NAME, GROUPS, POINT_FORMATS, SIGNATURES, HEARTBEAT, ALPN = 0, 10, 11, 13, 15, 16
EXTENDED_MASTER_SECRET, TICKET, PRE_SHARED_KEY, EARLY_DATA, VERSIONS, COOKIE = 23, 35, 41, 42, 43, 44
PSK_MODES, POST_HANDSHAKE_AUTH, KEY_SHARE, RENEGOTIATION = 45, 49, 51, 0xFF01

X25519, P256, P384, P521 = 29, 23, 24, 25
ALL_SIGNATURES = (0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0401, 0x0501, 0x0601)


def uint(value, size=2):
    return value.to_bytes(size, "big")


def vector(size, *parts):
    """The parts behind their length, which takes so many bytes."""
    body = b"".join(bytes(part) for part in parts)
    return uint(len(body), size) + body


def message(kind, *parts):
    return bytes([kind]) + vector(3, *parts)


def uints(*values):
    return b"".join(uint(value) for value in values)


class Hello:
    """A ClientHello. `extensions` is a list of (type, bytes): any order, any number of each."""

    def __init__(self, suites, extensions, version=(3, 3)):
        self.version = bytes(version)
        self.random = os.urandom(32)
        self.session_id = b""
        self.suites = list(suites)
        self.compression = b"\0"
        self.extensions = list(extensions)

    def with_extension(self, kind, body):
        """In the place of the one of this type, or at the end."""
        if kind in self.types():
            self.extensions = [(one, body if one == kind else old) for one, old in self.extensions]
        else:
            self.extensions.append((kind, body))
        return self

    def without(self, *kinds):
        self.extensions = [(one, body) for one, body in self.extensions if one not in kinds]
        return self

    def types(self):
        return [kind for kind, _ in self.extensions]

    def body(self):
        extensions = [uint(kind) + vector(2, body) for kind, body in self.extensions]
        parts = [self.version, self.random, vector(1, self.session_id), vector(2, uints(*self.suites)), vector(1, self.compression)]
        return b"".join(parts) + (vector(2, *extensions) if extensions else b"")

    def write(self):
        return message(CLIENT_HELLO, self.body())


def common_extensions():
    return [
        (SERVER_NAME, vector(2, b"\0" + vector(2, b"localhost"))),
        (GROUPS, vector(2, uints(X25519, P256, P384, P521))),
        (SIGNATURES, vector(2, uints(*ALL_SIGNATURES))),
    ]


class Reader:
    """Reads what `vector` and `uint` write."""

    def __init__(self, data):
        self.data = bytes(data)

    def take(self, count):
        if len(self.data) < count:
            raise ValueError(f"{count} bytes were expected, and {len(self.data)} are there")
        part, self.data = self.data[:count], self.data[count:]
        return part

    def uint(self, size=2):
        return int.from_bytes(self.take(size), "big")

    def vector(self, size):
        return self.take(self.uint(size))

    def uints(self):
        """All that is left, two bytes each."""
        return [self.uint() for _ in range(len(self.data) // 2)]

    def extensions(self):
        """{type: body}"""
        found = {}
        while self.data:
            kind = self.uint()
            found[kind] = self.vector(2)
        return found
