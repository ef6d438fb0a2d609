#!/usr/bin/env python3
"""Makes the first inputs of the fuzz target flowtools: one small file of each kind."""
import os
import struct
import sys
import zlib

SIZES = {1: 60, 5: 64, 6: 72, 7: 68, 1005: 72}
AGGREGATES = [48, 48, 48, 48, 56, 52, 56, 64, 48, 48, 48, 48, 60, 60]


def header(order, version, method=0, flags=1, count=3, more=b""):
    def tlv(kind, layout, value):
        data = struct.pack(order + layout, value)
        return struct.pack(order + "HH", kind, len(data)) + data

    body = tlv(2, "H", version)
    if version == 8:
        body += tlv(3, "B", 2) + tlv(4, "B", method)
    body += tlv(6, "I", 1700000000) + tlv(7, "I", 1700000300) + tlv(8, "I", flags)
    body += tlv(10, "I", count) + more
    body += b"\0" * (-len(body) % 4)
    magic = bytes([0xCF, 0x10, 1 if order == "<" else 2, 3])
    return magic + struct.pack(order + "I", len(body) + 8) + body


def records(order, size, count=3):
    out = b""
    for i in range(count):
        record = struct.pack(order + "III", 1700000000 + i, 5000000, 900000)
        record += bytes((k * 7 + i * 3) & 255 for k in range(size - 12))
        out += record
    return out


def old(order, flags):
    head = bytes([0xCF, 0x10, 1 if order == "<" else 2, 1])
    head += struct.pack(order + "HH8I", 5, 0, 1700000000, 1700000300, flags, 0, 3, 0, 0, 0)[:32]
    return head.ljust(360, b"\0")


def seeds():
    text = struct.pack("<HH", 15, 5) + b"host\0" + struct.pack("<HH", 16, 4) + b"note"
    for order, name in (("<", "le"), (">", "be")):
        for version, size in SIZES.items():
            body = records(order, size)
            yield f"v{version}.{name}", header(order, version) + body
            yield f"v{version}.{name}.z", header(order, version, flags=3) + zlib.compress(body)
        for method, size in enumerate(AGGREGATES, 1):
            yield f"v8m{method}.{name}", header(order, 8, method) + records(order, size)
        yield f"s1.{name}", old(order, 1) + records(order, 60)
        yield f"s1.{name}.z", old(order, 3) + zlib.compress(records(order, 60))
    plain = header("<", 5) + records("<", 64)
    packed = header("<", 5, flags=3) + zlib.compress(records("<", 64))
    yield "texts", header("<", 5, more=text) + records("<", 64)
    yield "joined", plain + plain
    yield "joined.z", packed + packed
    yield "zeros", plain + bytes(640)
    yield "zeros.z", packed[:-20] + bytes(200)
    yield "cut", plain[:-20]
    yield "cut.z", packed[:-20]
    yield "checksum.z", packed[:-1] + b"\0"
    yield "gzip", header("<", 5, flags=3) + zlib.compressobj(6, 8, 31).flush()
    yield "stored.z", header("<", 5, flags=3) + zlib.compress(records("<", 64), 0)
    yield "empty.z", header("<", 5, flags=3, count=0) + zlib.compress(b"")


for name, data in seeds():
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(data)
