"""A small, known set of flows, and the plain way to answer questions about it."""

import os
import random
import tempfile

import daemon
import flowfile

START = 1699920000  # 2023-11-14 00:00:00 UTC
PORTS = (53, 80, 123, 443, 8080, 25)


def flows(count, seed=1, start=START, seconds=3600):
    """count flows with various values, in time order, none of them outside the period."""
    rng = random.Random(seed)
    made = []
    for i in range(count):
        begin = start + i * (seconds - 10) // count
        protocol = rng.choice((6, 6, 6, 17, 17, 1))
        made.append(flowfile.flow(
            begin, duration=rng.choice((0, 0.25, 1, 7.125)),
            source_address="10.%d.%d.%d" % (rng.randrange(3), rng.randrange(8), rng.randrange(1, 9)),
            dest_address="192.0.%d.%d" % (rng.randrange(3), rng.randrange(1, 60)),
            source_port=rng.randrange(1024, 1200) if protocol != 1 else 0,
            dest_port=rng.choice(PORTS) if protocol != 1 else 0,
            protocol=protocol, octets=rng.randrange(40, 90000), packets=rng.randrange(1, 60),
            source_if=rng.randrange(1, 4), dest_if=rng.randrange(1, 4),
            exporter=rng.choice(("192.0.2.1", "192.0.2.2")), tos=rng.choice((0, 0xB8)),
            source_as=rng.choice((64500, 64501)), dest_as=64510))
    return made


def group(rows, keys):
    """{key tuple: [flows, octets, packets]}, as a report should have it."""
    sums = {}
    for f in rows:
        one = sums.setdefault(tuple(f[k] for k in keys), [0, 0, 0])
        one[0] += 1
        one[1] += f["octets"]
        one[2] += f["packets"]
    return sums


class Case(daemon.unittest.TestCase):
    """One daemon with two devices of known flows for all tests of a class."""

    count = 1500
    options = {}

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix="flowviewer-flows-")
        cls.flows = {"router_1": flows(cls.count, seed=1), "router_2": flows(cls.count // 2, seed=2)}
        devices = {}
        files = 0
        for name, rows in cls.flows.items():
            devices[name] = os.path.join(cls.directory.name, name)
            files += len(flowfile.write_tree(devices[name], rows))
        cls.files = files
        cls.all = [f for rows in cls.flows.values() for f in rows]
        cls.daemon = daemon.Daemon(devices, **cls.options)
        try:
            cls.daemon.start()
            cls.daemon.wait_ingested(files)
        except BaseException:
            cls.daemon.kill()
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        try:
            cls.daemon.stop()
        finally:
            cls.daemon.remove()
            cls.directory.cleanup()

    def api(self, path, **params):
        return self.daemon.api(path, **params)

    def refused(self, path, status=400, **params):
        """The problem document of a request that must fail."""
        answer = self.daemon.get(daemon.API + path, **params)
        self.assertEqual(answer.status, status, answer.text())
        self.assertEqual(answer.header("Content-Type").split(";")[0], "application/problem+json")
        problem = answer.json()
        self.assertEqual(problem["status"], status)
        for key in ("type", "title", "detail"):
            self.assertTrue(problem[key])
        return problem
