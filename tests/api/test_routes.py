"""Every route: what the OpenAPI document says, methods, headers, errors, pages."""

import gzip
import http.client
import json
import unittest

import daemon
import sample

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
}


class Routes(sample.Case):
    count = 300

    def openapi(self):
        return self.api("/openapi.json")

    def paths(self, method):
        return [path for path, item in self.openapi()["paths"].items() if method in item]

    def check_headers(self, answer, what):
        for name, value in HEADERS.items():
            self.assertEqual(answer.header(name), value, "%s of %s" % (name, what))

    def check_schema(self, value, schema, components, where):
        if "$ref" in schema:
            schema = components[schema["$ref"].rsplit("/", 1)[1]]
        types = schema.get("type")
        if types is None:
            return
        types = types if isinstance(types, list) else [types]
        kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool,
                 "array": list, "object": dict, "null": type(None)}
        self.assertTrue(any(isinstance(value, kinds[t]) for t in types),
                        "%s: %r is not %s" % (where, value, types))
        if isinstance(value, dict) and "properties" in schema:
            for name, inner in value.items():
                self.assertIn(name, schema["properties"], "%s has an undocumented member" % where)
                self.check_schema(inner, schema["properties"][name], components, where + "." + name)
        for item in value if isinstance(value, list) else []:
            self.check_schema(item, schema["items"], components, where + "[]")

    def test_openapi_names_all_routes(self):
        document = self.openapi()
        self.assertEqual(document["openapi"], "3.1.0")
        names = ["status", "devices", "exporters", "interfaces", "report", "flows", "ingest/files",
                 "ingest/rescan", "queries", "queries/{id}", "healthz", "metrics", "openapi.json"]
        self.assertEqual(set(document["paths"]), {daemon.API + "/" + n for n in names})
        for path, item in document["paths"].items():
            for operation in item.values():
                given = [p["name"] for p in operation["parameters"]]
                self.assertEqual(len(given), len(set(given)), path)
                self.assertTrue(all(p["description"] for p in operation["parameters"]), path)

    def test_answers_fit_their_schemas(self):
        document = self.openapi()
        components = document["components"]["schemas"]
        self.daemon.get(daemon.API + "/report", query_id="schema-test")
        for path in self.paths("get"):
            content = document["paths"][path]["get"]["responses"]["200"]["content"]
            if "application/json" not in content or path.endswith("openapi.json"):
                continue
            answer = self.daemon.get(path.replace("{id}", "schema-test"))
            self.assertEqual(answer.status, 200, path + answer.text())
            self.check_schema(answer.json(), content["application/json"]["schema"], components, path)
        self.check_schema(self.refused("/report", source_port="x"), {"$ref": "/Problem"}, components, "problem")

    def test_references_of_openapi_exist(self):
        document = self.openapi()

        def references(node):
            if isinstance(node, dict):
                if "$ref" in node:
                    yield node["$ref"]
                for inner in node.values():
                    yield from references(inner)
            elif isinstance(node, list):
                for inner in node:
                    yield from references(inner)

        found = set(references(document["paths"])) | set(references(document["components"]))
        self.assertTrue(found)
        for reference in found:
            self.assertIn(reference.rsplit("/", 1)[1], document["components"]["schemas"])

    def test_head_wherever_get(self):
        for path in self.paths("get") + ["/viewer", "/"]:
            path = path.replace("{id}", "nothing")
            get, head = self.daemon.get(path), self.daemon.request("HEAD", path)
            self.assertEqual(head.status, get.status, path)
            self.assertEqual(head.body, b"", path)
            self.assertEqual(head.header("Content-Type"), get.header("Content-Type"), path)

    def test_security_headers_on_every_answer(self):
        paths = [p.replace("{id}", "x") for p in self.paths("get")]
        paths += ["/", "/viewer", "/status", "/nothing", "/api/v1/nothing", "/api/v1/report?x=1", "/%00"]
        for path in paths:
            self.check_headers(self.daemon.get(path), path)
        self.check_headers(self.daemon.request("PUT", "/api/v1/status"), "405")
        self.check_headers(self.daemon.get("/api/v1/status", headers={"Host": "evil.example"}), "421")
        self.check_headers(self.daemon.get(
            "/viewer", headers={"If-None-Match": self.daemon.get("/viewer").header("ETag")}), "304")

    def test_unknown_paths(self):
        for path in ("/nothing", "/api", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v2/status",
                     "/api/v1/status/", "/api/v1/queries/", "/js/nothing.js", "/..%2f..%2fetc%2fpasswd",
                     "/viewer.html/x", "/%2e%2e/x.html"):
            answer = self.daemon.get(path)
            self.assertEqual(answer.status, 404, path)
            self.assertEqual(answer.json()["status"], 404)

    def test_wrong_methods(self):
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            answer = self.daemon.request(method, "/api/v1/status")
            self.assertEqual(answer.status, 405, method)
            self.assertEqual(answer.header("Allow"), "GET, HEAD")
        answer = self.daemon.get("/api/v1/ingest/rescan")
        self.assertEqual((answer.status, answer.header("Allow")), (405, "POST"))
        self.assertEqual(self.daemon.request("POST", "/viewer").status, 405)

    def test_host(self):
        for host in ("evil.example", "evil.example:%d" % self.daemon.port, "127.0.0.1.evil.example", ""):
            answer = self.daemon.get("/api/v1/status", headers={"Host": host})
            self.assertEqual(answer.status, 421, host)
        for host in ("localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:80"):
            answer = self.daemon.get("/api/v1/status", headers={"Host": host})
            self.assertEqual(answer.status, 200, host)

    def test_foreign_pages_change_nothing(self):
        for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"},
                        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            answer = self.daemon.request("POST", "/api/v1/ingest/rescan", headers=headers)
            self.assertEqual(answer.status, 403, headers)
            answer = self.daemon.request("DELETE", "/api/v1/queries/x", headers=headers)
            self.assertEqual(answer.status, 403, headers)
        own = {"Origin": "http://127.0.0.1:%d" % self.daemon.port, "Sec-Fetch-Site": "same-origin"}
        self.assertEqual(self.daemon.request("POST", "/api/v1/ingest/rescan", headers=own).status, 202)

    def test_ambiguous_framing(self):
        for lines in ("Content-Length: 0\r\nContent-Length: 5\r\n", "Host: localhost\r\n",
                      "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"):
            with self.daemon.socket() as s:
                s.sendall(("POST /api/v1/ingest/rescan HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % lines).encode())
                self.assertIn(b" 400 ", s.recv(100))

    def test_large_body_is_refused(self):
        answer = self.daemon.request("POST", "/api/v1/ingest/rescan", body=b"")
        self.assertEqual(answer.status, 202)
        with self.daemon.socket() as s:
            s.sendall(b"POST /api/v1/ingest/rescan HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\n\r\n")
            self.assertIn(b" 413 ", s.recv(100))

    def test_gzip(self):
        plain = self.daemon.get("/api/v1/openapi.json")
        self.assertIsNone(plain.header("Content-Encoding"))
        packed = self.daemon.get("/api/v1/openapi.json", headers={"Accept-Encoding": "br, gzip"})
        self.assertEqual(packed.header("Content-Encoding"), "gzip")
        self.assertEqual(gzip.decompress(packed.body), plain.body)
        self.assertIn("Accept-Encoding", packed.header("Vary"))
        for refused in ("gzip;q=0", "br", "identity"):
            answer = self.daemon.get("/api/v1/openapi.json", headers={"Accept-Encoding": refused})
            self.assertIsNone(answer.header("Content-Encoding"), refused)
        short = self.daemon.get("/api/v1/healthz", headers={"Accept-Encoding": "gzip"})
        self.assertIsNone(short.header("Content-Encoding"))

    def test_keep_alive(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=30)
        for path in ("/api/v1/status", "/api/v1/report", "/viewer", "/nothing", "/api/v1/flows") * 5:
            connection.request("GET", path)
            response = connection.getresponse()
            response.read()
            self.assertEqual(response.status, 404 if path == "/nothing" else 200)
        connection.close()

    def test_pages(self):
        root = self.daemon.get("/")
        self.assertEqual((root.status, root.header("Location")), (302, "/viewer"))
        for path in ("/viewer", "/status"):
            page = self.daemon.get(path)
            self.assertEqual(page.status, 200)
            self.assertEqual(page.header("Content-Type"), "text/html; charset=utf-8")
            packed = self.daemon.get(path, headers={"Accept-Encoding": "gzip"})
            self.assertEqual(packed.header("Content-Encoding"), "gzip")
            self.assertEqual(gzip.decompress(packed.body), page.body)
            again = self.daemon.get(path, headers={"If-None-Match": page.header("ETag")})
            self.assertEqual((again.status, again.body), (304, b""))

    def test_metrics(self):
        self.api("/report")
        answer = self.daemon.get("/api/v1/metrics")
        self.assertEqual(answer.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8")
        values = {}
        typed = set()
        for line in answer.text().splitlines():
            if line.startswith("# TYPE "):
                name = line.split()[2]
                self.assertNotIn(name, typed)
                typed.add(name)
            elif not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                values[name] = float(value)
                base = name.split("{")[0]
                for suffix in ("_bucket", "_sum", "_count"):
                    if base.endswith(suffix) and base[:-len(suffix)] in typed:
                        base = base[:-len(suffix)]
                self.assertIn(base, typed)
        self.assertEqual(values['flowviewer_store_flows{device="router_1"}'], len(self.flows["router_1"]))
        self.assertGreater(values["flowviewer_queries_total"], 0)
        self.assertGreater(values['flowviewer_http_requests_total{code="2xx"}'], 0)
        self.assertEqual(values['flowviewer_http_request_duration_seconds_bucket{le="+Inf"}'],
                         values["flowviewer_http_request_duration_seconds_count"])

    def test_status(self):
        status = self.api("/status")
        by_name = {d["name"]: d for d in status["devices"]}
        self.assertEqual(set(by_name), set(self.flows))
        for name, rows in self.flows.items():
            d = by_name[name]
            self.assertEqual(d["flows"], len(rows))
            self.assertEqual(d["octets"], sum(f["octets"] for f in rows))
            self.assertEqual(d["first"], rows[0]["start"])
            self.assertEqual(d["last"], max(f["end"] for f in rows))
            self.assertGreater(d["lag_seconds"], 0)
            self.assertEqual(d["failed_files"], 0)
            self.assertEqual(d["source_files"], d["stored_files"])
            self.assertGreater(d["store_bytes"], 0)
        self.assertEqual(status["ingest"]["queue"], 0)
        self.assertEqual(status["time_zone"], "UTC")
        self.assertEqual(self.api("/devices")["devices"][0]["name"], "router_1")
        self.assertEqual(self.api("/healthz"), {"ok": True})

    def test_files(self):
        answer = self.api("/ingest/files", limit=10000)
        self.assertEqual(answer["total"], self.files)
        self.assertEqual(len(answer["files"]), self.files)
        starts = [f["start"] for f in answer["files"]]
        self.assertEqual(starts, sorted(starts, reverse=True))
        self.assertEqual(sum(f["flows"] for f in answer["files"]), len(self.all))
        paged = []
        for offset in range(0, self.files, 5):
            paged += self.api("/ingest/files", limit=5, offset=offset)["files"]
        self.assertEqual(paged, answer["files"])
        self.assertEqual(self.api("/ingest/files", state="failed")["files"], [])
        one = self.api("/ingest/files", device="router_2", state="stored", limit=1000)["files"]
        self.assertEqual(sum(f["flows"] for f in one), len(self.flows["router_2"]))
        self.refused("/ingest/files", state="broken")
        self.refused("/ingest/files", device="router_9")

    def test_exporters(self):
        answer = self.api("/exporters")
        for name, rows in self.flows.items():
            mine = {e["exporter"]: e for e in answer["exporters"] if e["device"] == name}
            want = sample.group(rows, ["exporter"])
            self.assertEqual(set(mine), {k[0] for k in want})
            for (exporter,), (flows, octets, packets) in want.items():
                e = mine[exporter]
                self.assertEqual((e["flows"], e["octets"], e["packets"]), (flows, octets, packets))
                own = [f for f in rows if f["exporter"] == exporter]
                self.assertEqual(e["first"], own[0]["start"])
                self.assertEqual(e["last"], max(f["end"] for f in own))
        one = self.api("/exporters", device="router_2", exporter="192.0.2.2")["exporters"]
        self.assertEqual([(e["device"], e["exporter"]) for e in one], [("router_2", "192.0.2.2")])

    def test_interfaces(self):
        answer = self.api("/interfaces", device="router_1")
        rows = self.flows["router_1"]
        came = sample.group(rows, ["exporter", "source_if"])
        went = sample.group(rows, ["exporter", "dest_if"])
        self.assertEqual({(i["exporter"], i["interface"]) for i in answer["interfaces"]}, set(came) | set(went))
        for i in answer["interfaces"]:
            key = (i["exporter"], i["interface"])
            self.assertEqual([i["flows_in"], i["octets_in"], i["packets_in"]], came.get(key, [0, 0, 0]))
            self.assertEqual([i["flows_out"], i["octets_out"], i["packets_out"]], went.get(key, [0, 0, 0]))


if __name__ == "__main__":
    daemon.main()
