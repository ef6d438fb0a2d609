#!/usr/bin/env python3
"""flowgen: its promises, checked on a small day. Usage: test_flowgen.py PATH-OF-FLOWGEN"""
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

FLOWGEN = sys.argv.pop(1)
END = 1767225600  # 2026-01-01 00:00 UTC
RECORD = 64


def run(out, *options):
    command = [FLOWGEN, "--out", out, "--flows", "30000", "--end", str(END), "--hosts", "5000",
               "--file-seconds", "3600", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={"TZ": "UTC"})


def files(out):
    found = {}
    for folder, _, names in os.walk(out):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, out)] = file.read()
    return found


def records(data):
    length, = struct.unpack_from("<I", data, 4)
    body = data[length:]
    if body[:1] == b"\x78":
        body = zlib.decompress(body)
    assert len(body) % RECORD == 0
    return [body[at:at + RECORD] for at in range(0, len(body), RECORD)]


def ends(record):
    return struct.unpack_from("<II", record, 16)


class Flowgen(unittest.TestCase):
    def setUp(self):
        self.out = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.out)

    def folder(self, name):
        return os.path.join(self.out, name)

    def test_same_seed_same_flows(self):
        run(self.folder("a"))
        run(self.folder("b"))
        run(self.folder("c"), "--seed", "2")
        a, b, c = (files(self.folder(name)) for name in "abc")
        self.assertEqual(len(a), 24)
        self.assertEqual(a, b)
        self.assertEqual(a.keys(), c.keys())
        self.assertNotEqual(a, c)

    def test_names(self):
        first = "ft-v05.2025-12-31.000000+0000"
        for nesting, folder in (("3", "2025/2025-12/2025-12-31"), ("0", ""), ("1", "2025"),
                                ("2", "2025/2025-12"), ("-1", "2025-12-31"),
                                ("-2", "2025-12/2025-12-31")):
            out = self.folder("n" + nesting)
            run(out, "--nesting", nesting, "--devices", "x", "--one-file", str(END - 86400))
            self.assertEqual(list(files(out)), [os.path.join("x", folder, first)])

    def test_one_file_and_missing_files(self):
        run(self.folder("a"))
        run(self.folder("b"), "--one-file", str(END - 7000))
        whole, one = files(self.folder("a")), files(self.folder("b"))
        self.assertEqual(len(one), 1)
        for name, data in one.items():
            self.assertEqual(data, whole[name])
            os.remove(os.path.join(self.folder("a"), name))
        run(self.folder("a"))
        self.assertEqual(files(self.folder("a")), whole)

    def test_level_and_order_change_no_flow(self):
        run(self.folder("a"), "--level", "0")
        run(self.folder("b"), "--level", "6")
        plain, packed = files(self.folder("a")), files(self.folder("b"))
        for name, data in plain.items():
            self.assertEqual(records(data), records(packed[name]))

    def test_traffic(self):
        truth = self.folder("truth")
        run(self.folder("a"), "--truth", truth, "--level", "0")
        flows = [r for data in files(self.folder("a")).values() for r in records(data)]
        self.assertAlmostEqual(len(flows), 30000, delta=6000)
        pairs = {ends(r) for r in flows}
        both = sum((dest, source) in pairs for source, dest in pairs)
        self.assertGreater(both, len(pairs) / 2)
        self.assertEqual({r[52] for r in flows}, {1, 6, 17})
        with open(truth, encoding="ascii") as file:
            events = {line.split("\t")[0]: line.split("\t") for line in file.read().splitlines()[1:]}
        self.assertEqual(set(events), {"portscan", "hostsweep", "flood"})
        self.check_scan(flows, events["portscan"])
        self.check_flood(flows, events["flood"])

    def check_scan(self, flows, event):
        source, dest = (struct.unpack(">I", bytes(map(int, text.split("."))))[0]
                        for text in event[4:6])
        ports = {struct.unpack_from("<H", r, 50)[0] for r in flows if ends(r) == (source, dest)}
        self.assertTrue(ports.issuperset(range(1, 1025)))

    def check_flood(self, flows, event):
        victim = struct.unpack(">I", bytes(map(int, event[5].split("."))))[0]
        sources = {ends(r)[0] for r in flows if ends(r)[1] == victim and r[54] == 2}
        self.assertGreater(len(sources), int(event[7]) * 9 // 10)


if __name__ == "__main__":
    unittest.main()
