"""Small flow-tools files for tests: stream version 3, export version 5, plain or zlib body.

A flow is a dict; flow() fills what is not given. write() makes one file, write_tree() one file
per five minutes under DIR/YYYY/YYYY-MM/YYYY-MM-DD/ with flow-capture's names.
"""

import os
import socket
import struct
import time
import zlib

FIELDS = {
    "source_address": "10.0.0.1",
    "dest_address": "10.0.0.2",
    "nexthop": "10.0.0.254",
    "exporter": "192.0.2.1",
    "source_port": 40000,
    "dest_port": 80,
    "source_if": 1,
    "dest_if": 2,
    "source_as": 64500,
    "dest_as": 64501,
    "source_mask": 24,
    "dest_mask": 24,
    "protocol": 6,
    "tos": 0,
    "tcp_flags": 27,
    "engine_type": 0,
    "engine_id": 0,
    "octets": 1000,
    "packets": 10,
}


def flow(start, duration=1.0, **fields):
    """A flow that begins at Unix time start and lasts duration seconds."""
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError("no such field of a flow: %s" % ", ".join(sorted(unknown)))
    made = dict(FIELDS, **fields)
    made["start"] = start
    made["end"] = start + duration
    return made


def _address(text):
    return struct.unpack(">I", socket.inet_aton(text))[0]


def _record(order, f):
    """The exporter booted ten minutes before the flow and exports one second after its end."""
    start_ms, end_ms = round(f["start"] * 1000), round(f["end"] * 1000)
    boot_ms = start_ms - 600000
    export_ms = end_ms + 1000
    return struct.pack(
        order + "IIIIIIIHHIIIIHHBBBBBBBBHH",
        export_ms // 1000, export_ms % 1000 * 1000000, export_ms - boot_ms,
        _address(f["exporter"]), _address(f["source_address"]), _address(f["dest_address"]),
        _address(f["nexthop"]), f["source_if"], f["dest_if"], f["packets"], f["octets"],
        start_ms - boot_ms, end_ms - boot_ms, f["source_port"], f["dest_port"], f["protocol"],
        f["tos"], f["tcp_flags"], 0, f["engine_type"], f["engine_id"], f["source_mask"],
        f["dest_mask"], f["source_as"], f["dest_as"])


def _tlv(order, kind, payload):
    return struct.pack(order + "HH", kind, len(payload)) + payload


def contents(flows, cap_start, cap_end, lost=0, big_endian=False, level=0, hostname="test"):
    """The bytes of a finished flow file."""
    order = ">" if big_endian else "<"
    u32 = lambda v: struct.pack(order + "I", v)
    flags = 0x01 | (0x02 if level else 0)
    tlvs = b"".join((
        _tlv(order, 0x02, struct.pack(order + "H", 5)),
        _tlv(order, 0x06, u32(int(cap_start))),
        _tlv(order, 0x07, u32(int(cap_end))),
        _tlv(order, 0x08, u32(flags)),
        _tlv(order, 0x0A, u32(len(flows))),
        _tlv(order, 0x0B, u32(lost)),
        _tlv(order, 0x0D, u32(0)),
        _tlv(order, 0x0E, u32(0)),
        _tlv(order, 0x0F, hostname.encode() + b"\0"),
    ))
    tlvs += b"\0" * (-len(tlvs) % 4)
    header = bytes((0xCF, 0x10, 2 if big_endian else 1, 3)) + u32(8 + len(tlvs)) + tlvs
    body = b"".join(_record(order, f) for f in flows)
    return header + (zlib.compress(body, level) if level else body)


def name(when):
    """flow-capture's name of a file opened at Unix time when (in UTC)."""
    return time.strftime("ft-v05.%Y-%m-%d.%H%M%S+0000", time.gmtime(when))


def path(directory, when):
    day = time.gmtime(when)
    return os.path.join(directory, time.strftime("%Y", day), time.strftime("%Y-%m", day),
                        time.strftime("%Y-%m-%d", day), name(when))


def write(filename, flows, cap_start, cap_end, **options):
    """As flow-capture does it: written under another name, then renamed."""
    directory = os.path.dirname(filename)
    os.makedirs(directory, exist_ok=True)
    temporary = os.path.join(directory, "tmp-" + os.path.basename(filename))
    with open(temporary, "wb") as out:
        out.write(contents(flows, cap_start, cap_end, **options))
    os.rename(temporary, filename)
    return filename


def write_tree(directory, flows, seconds=300, fill=True, **options):
    """One file for every 'seconds' of the flows' starts (aligned), also for empty stretches in
    between when fill is true. Returns the file names, oldest first."""
    slots = {}
    for f in flows:
        slots.setdefault(int(f["start"]) // seconds, []).append(f)
    if not slots:
        return []
    wanted = range(min(slots), max(slots) + 1) if fill else sorted(slots)
    return [write(path(directory, slot * seconds), slots.get(slot, []), slot * seconds,
                  (slot + 1) * seconds, **options) for slot in wanted]
