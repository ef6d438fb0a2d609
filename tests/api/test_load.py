"""Slow and many clients, long queries, cancelling: nobody may hurt the others."""

import concurrent.futures
import http.client
import os
import socket
import tempfile
import threading
import time
import unittest

import daemon
import flowfile
import sample

FILES = 24
RECORDS = 100000

# Groups nearly every flow by itself: work for a moment, however fast the machine is.
HEAVY = {"keys": "source_address,dest_address,source_port,dest_port,source_as,dest_as", "lines": 1}


def big_files(directory):
    """FILES files of the same 100,000 flows, each flow with keys of its own."""
    rows = [flowfile.flow(sample.START + i % 300, duration=1,
                          source_address="10.%d.%d.%d" % (i >> 16 & 255, i >> 8 & 255, i & 255),
                          dest_address="172.16.%d.%d" % (i * 7 >> 8 & 255, i * 13 & 255),
                          source_port=i * 31 & 65535, dest_port=i * 17 & 65535,
                          source_as=i * 11 & 65535, octets=100 + i % 1000) for i in range(RECORDS)]
    body = flowfile.contents(rows, sample.START, sample.START + 300)
    for n in range(FILES):
        path = flowfile.path(directory, sample.START + n)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(body)


class Load(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix="flowviewer-load-")
        device = os.path.join(cls.directory.name, "router_1")
        big_files(device)
        cls.daemon = daemon.Daemon({"router_1": device})
        try:
            cls.daemon.start()
            cls.daemon.wait_ingested(FILES)
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

    def tearDown(self):
        self.daemon.wait_until(self.quiet, 120, "all queries to be over")

    def quiet(self):
        load = self.daemon.status()["http"]
        return load["requests_waiting"] == 0 and load["requests_working"] == 0

    def ask(self, **extra):
        answer = self.daemon.get("/api/v1/report", timeout=300, **HEAVY, **extra)
        return answer.status, answer

    def ask_many(self, pool, count):
        return [pool.submit(self.ask) for _ in range(count)]

    def test_answers_while_queries_run(self):
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            heavy = self.ask_many(pool, 16)
            served = 0
            while not all(h.done() for h in heavy):
                for path in ("/api/v1/status", "/api/v1/queries", "/viewer", "/api/v1/metrics"):
                    self.assertEqual(self.daemon.get(path).status, 200)
                    served += 1
            for h in heavy:
                status, answer = h.result()
                self.assertEqual(status, 200, answer.text())
                self.assertEqual(answer.json()["totals"]["flows"], FILES * RECORDS)
                self.assertEqual(answer.json()["rows_total"], RECORDS)
            self.assertGreater(served, 0)

    def test_overload_is_refused_with_503(self):
        limits = self.daemon.status()["http"]
        room = limits["queue_limit"] + limits["request_threads"]
        connections = []
        try:
            for _ in range(room + 60):
                s = self.daemon.socket()
                s.sendall(("GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % self.daemon.url(
                    "/api/v1/report", HEAVY)).encode())
                connections.append(s)
            refused = 0
            for s in connections:
                s.settimeout(300)
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = s.recv(65536)
                    self.assertTrue(piece, "closed without an answer")
                    head += piece
                status = int(head.split()[1])
                self.assertIn(status, (200, 503))
                if status == 503:
                    refused += 1
                    self.assertIn(b"Retry-After: ", head)
            self.assertGreater(refused, 0)
        finally:
            for s in connections:
                s.close()
        self.daemon.wait_until(self.quiet, 120, "the queue to empty")
        self.assertEqual(self.ask()[0], 200)

    def find_query(self, query_id):
        return [q for q in self.daemon.api("/queries")["queries"] if q["id"] == query_id]

    def test_cancel(self):
        with concurrent.futures.ThreadPoolExecutor(40) as pool:
            heavy = self.ask_many(pool, 30)
            victim = pool.submit(self.ask, query_id="victim")
            seen = self.daemon.wait_until(lambda: victim.done() or self.find_query("victim"), 60, "the victim to be listed")
            self.assertFalse(victim.done(), seen)
            self.assertIn(seen[0]["state"], ("waiting", "running"))
            answer = self.daemon.request("DELETE", "/api/v1/queries/victim")
            self.assertEqual(answer.status, 200, answer.text())
            status, answer = victim.result()
            self.assertEqual(status, 409, answer.text())
            self.assertIn("cancel", answer.json()["detail"].lower())
            for h in heavy:
                self.assertEqual(h.result()[0], 200)

    def test_queries_are_listed(self):
        self.assertEqual(self.ask(query_id="listed")[0], 200)
        one = self.daemon.api("/queries/listed")
        self.assertEqual((one["id"], one["state"], one["progress"]), ("listed", "done", 1))
        self.assertIn("report?", one["description"])
        self.assertEqual(self.find_query("listed"), [one])
        self.assertEqual(self.daemon.get("/api/v1/queries/unknown").status, 404)
        self.assertEqual(self.daemon.request("DELETE", "/api/v1/queries/unknown").status, 404)
        finished = self.daemon.request("DELETE", "/api/v1/queries/listed")
        self.assertEqual((finished.status, finished.json()["state"]), (200, "done"))

    def test_a_client_that_leaves_takes_its_query_along(self):
        with concurrent.futures.ThreadPoolExecutor(30) as pool:
            heavy = self.ask_many(pool, 24)
            s = self.daemon.socket()
            s.sendall(("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % self.daemon.url(
                "/api/v1/report", dict(HEAVY, query_id="leaver"))).encode())
            self.daemon.wait_until(lambda: self.find_query("leaver"), 60, "the query to be listed")
            s.close()
            for h in heavy:
                self.assertEqual(h.result()[0], 200)
        self.daemon.wait_until(self.quiet, 120, "all queries to be over")
        # It was last in the queue, so it was either never started or stopped.
        self.assertNotIn("done", [q["state"] for q in self.find_query("leaver")])

    def test_half_an_answer_read(self):
        """A client that takes a huge answer and leaves in the middle."""
        before = self.daemon.status()["http"]["connections"]
        for _ in range(5):
            s = self.daemon.socket()
            s.sendall(("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % self.daemon.url(
                "/api/v1/report", dict(HEAVY, lines=0, format="csv"))).encode())
            self.assertTrue(s.recv(1000))
            s.close()
        self.daemon.wait_until(lambda: self.daemon.status()["http"]["connections"] <= before + 1, 60,
                               "the connections to be forgotten")

    def test_streamed_answer_is_complete(self):
        answer = self.daemon.get("/api/v1/report", timeout=300, **dict(HEAVY, lines=0, format="csv"))
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.header("Transfer-Encoding"), "chunked")
        self.assertEqual(answer.body.count(b"\r\n"), RECORDS + 1)
        packed = self.daemon.get("/api/v1/report", timeout=300, headers={"Accept-Encoding": "gzip"},
                                 **dict(HEAVY, lines=0, format="csv"))
        self.assertEqual(packed.header("Content-Encoding"), "gzip")
        self.assertLess(len(packed.body), len(answer.body) / 2)
        self.assertEqual(packed.text(), answer.text())
        document = self.daemon.get("/api/v1/report", timeout=300, **dict(HEAVY, lines=0)).json()
        self.assertEqual(len(document["rows"]), RECORDS)

    def test_trickling_clients_are_closed(self):
        stop = threading.Event()
        connections = [self.daemon.socket() for _ in range(60)]
        for s in connections:
            s.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")

        def trickle():
            while not stop.wait(0.5):
                for s in connections:
                    try:
                        s.sendall(b"x")
                    except OSError:
                        pass

        feeder = threading.Thread(target=trickle)
        feeder.start()
        try:
            for s in connections:
                s.settimeout(60)
                self.assertEqual(self.daemon.get("/api/v1/status").status, 200)
                try:
                    self.assertEqual(s.recv(1000), b"", "an answer to half a request?")
                except ConnectionError:
                    pass
        finally:
            stop.set()
            feeder.join()
            for s in connections:
                s.close()
        reaped = [line for line in self.daemon.get("/api/v1/metrics").text().splitlines()
                  if line.startswith("flowviewer_http_connections_reaped_total")]
        self.assertGreaterEqual(int(reaped[0].split()[1]), 60)

    def test_many_idle_connections(self):
        """The limit refuses the rest; the daemon goes on."""
        limit = self.daemon.status()["http"]["connections_limit"]
        connections = []
        try:
            for _ in range(limit + 50):
                connections.append(self.daemon.socket())
        finally:
            for s in connections:
                s.close()
        self.daemon.wait_until(self.answers, 60, "an answer after the crowd")

    def answers(self):
        try:
            return self.daemon.get("/api/v1/status").status == 200
        except (OSError, http.client.HTTPException):
            return False


class Limits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory(prefix="flowviewer-stop-")
        cls.device = os.path.join(cls.directory.name, "router_1")
        big_files(cls.device)

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def heavy(self, d, count):
        connections = [d.socket() for _ in range(count)]
        for s in connections:
            s.sendall(("GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % d.url(
                "/api/v1/report", HEAVY)).encode())
        return connections

    def read_all(self, s):
        s.settimeout(300)
        answer = b""
        try:
            for piece in iter(lambda: s.recv(65536), b""):
                answer += piece
        except ConnectionError:
            pass
        s.close()
        return answer

    def test_stops_while_queries_run(self):
        with daemon.Daemon({"router_1": self.device}) as d:
            d.wait_ingested(FILES)
            connections = self.heavy(d, 50)
            d.wait_until(lambda: d.status()["http"]["requests_working"] > 0, 30, "queries to run")
            d.stop(expected=0, timeout=30)
            answers = [self.read_all(s) for s in connections]
            self.assertTrue(any(a.startswith(b"HTTP/1.1 503 ") and b"stopping" in a for a in answers))

    def test_query_timeout(self):
        with daemon.Daemon({"router_1": self.device}, extra="query timeout 1s") as d:
            d.wait_ingested(FILES)
            answers = [self.read_all(s) for s in self.heavy(d, 60)]
            statuses = {a.split()[1] for a in answers}
            self.assertLessEqual(statuses, {b"200", b"503"})
            self.assertIn(b"503", statuses)
            late = [a for a in answers if a.split()[1] == b"503"]
            self.assertTrue(all(b"application/problem+json" in a for a in late))


if __name__ == "__main__":
    daemon.main()
