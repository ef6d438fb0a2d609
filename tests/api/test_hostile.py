"""Requests from people who do not wish us well."""

import http.client
import random
import unittest

import daemon
import sample

TEXTS = ["'", '"', "<script>alert(1)</script>", "=1+1", "\n", "\r\nX-Evil: 1", "%s%n%d", "../../etc/passwd",
         "A" * 5000, "\x7f\x01", "č€😀", "\u2028", "0x", "-", ",", ",,,,", "-,-", "1:0", ":", "99999999999999999999",
         "-1", "1e400", "nan", "0/0", "10.0.0.0/33", "10.0.0.0/-1", "1.2.3", "1.2.3.4.5", "::1", "/", "*", "\\", "{}",
         "10.0.0.0/8," * 500, "1," * 3000, "\ufeff1", "١"]


class Hostile(sample.Case):
    count = 60

    def check(self, answer, what):
        self.assertIn(answer.status, (200, 400, 404, 422), what)
        if answer.status >= 400:
            self.assertEqual(answer.header("Content-Type").split(";")[0], "application/problem+json")
            self.assertEqual(answer.json()["status"], answer.status)
        self.assertNotIn(b"<script>", answer.body)
        self.assertIsNone(answer.header("X-Evil"))

    def test_every_parameter_of_every_route(self):
        for path, item in self.api("/openapi.json")["paths"].items():
            if "get" not in item:
                continue
            for parameter in item["get"]["parameters"]:
                if parameter["in"] == "path":
                    continue
                # Looking a host up may take its time; that is tried elsewhere.
                texts = [t for t in TEXTS if "address" not in parameter["name"] and parameter["name"] not in
                         ("nexthop_ip", "exporter") or not any(c.isalpha() for c in t)]
                for text in texts:
                    self.check(self.daemon.get(path, **{parameter["name"]: text}), (path, parameter["name"], text))

    def test_ids(self):
        for text in TEXTS:
            quoted = self.daemon.url("", {"x": text})[3:].replace("+", "%20")
            if "%0D" in quoted or len(quoted) > 4000:
                continue
            self.check(self.daemon.get("/api/v1/queries/" + quoted), text)

    def test_raw_targets(self):
        for target in ("/%", "/%zz", "/%00", "/?%00", "/api/v1/report?%", "/api/v1/report?a=%ff", "/api/v1/report?=",
                       "/api/v1/report?&&&&", "/api/v1/report?=&=", "/api/v1/report?" + "a&" * 300,
                       "/api/v1/report?report", "//", "/" + "a/" * 2000, "/api/v1/report#x", "/api/v1/report?x#y",
                       "/" + "%2e%2e%2f" * 200 + "etc/passwd"):
            self.check(self.daemon.get(target), target[:60])

    def test_long_target_is_refused_and_the_connection_survives_or_ends(self):
        with self.daemon.socket() as s:
            s.sendall(b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try:
                self.assertIn(s.recv(100).split(b" ")[1:2], ([b"414"], [b"400"], [b"431"], [b"413"], []))
            except ConnectionError:
                pass
        self.assertEqual(self.daemon.get("/api/v1/healthz").status, 200)

    def test_thousands_of_parameters(self):
        """More than the memory of a connection holds: no answer is fine, harm is not."""
        try:
            self.check(self.daemon.get("/api/v1/report?" + "a&" * 5000), "thousands of parameters")
        except (ConnectionError, http.client.HTTPException):
            pass
        self.assertEqual(self.daemon.get("/api/v1/healthz").status, 200)

    def test_noise(self):
        rng = random.Random(7)
        for _ in range(300):
            with self.daemon.socket() as s:
                kind = rng.randrange(3)
                noise = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 400)))
                if kind == 1:
                    noise = b"GET /" + noise
                elif kind == 2:
                    noise = b"GET / HTTP/1.1\r\n" + noise + b"\r\n\r\n"
                s.sendall(noise)
        self.assertEqual(self.daemon.get("/api/v1/healthz").status, 200)

    def test_log_stays_one_line_a_message(self):
        self.daemon.get("/api/v1/report", report="x\n\x1b[31mfake: line")
        self.daemon.get("/api/v1/healthz")
        for line in self.daemon.log:
            self.assertNotIn("\x1b", line)


if __name__ == "__main__":
    daemon.main()
