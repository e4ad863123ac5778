"""DER as it should be or otherwise."""

from ecdsa.der import encode_integer, encode_sequence

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def integer(value, size=33):
    """An INTEGER without the rules of DER: two's complement in so many bytes."""
    return bytes([2, size]) + value.to_bytes(size, "big", signed=True)


def sequence(*parts):
    body = b"".join(parts)
    return b"\x30" + (bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")) + body


def ecdsa_signature(r, s):
    return encode_sequence(encode_integer(r), encode_integer(s))
