"""GET /report: numbers, formats, parameters, coverage, ETag."""

import csv
import io
import json
import random
import unittest

import daemon
import flowfile
import sample

EMPTY = {"start": sample.START, "end": sample.START + 3600}


class Report(sample.Case):
    count = 3000

    def check_rows(self, answer, keys, flows):
        columns = [c["key"] for c in answer["columns"]]
        measures = [columns.index(m) for m in ("flows", "octets", "packets")]
        got = {tuple(row[columns.index(k)] for k in keys): [row[m] for m in measures] for row in answer["rows"]}
        self.assertEqual(len(got), len(answer["rows"]), "a key came twice")
        self.assertEqual(got, sample.group(flows, keys))
        self.assertEqual(answer["rows_total"], len(got))
        self.assertEqual(answer["totals"], {"flows": len(flows), "octets": sum(f["octets"] for f in flows),
                                            "packets": sum(f["packets"] for f in flows)})

    def test_reports_by_name_and_number(self):
        for name, number, keys in (("source-ip", 9, ["source_address"]), ("dest-ip", 8, ["dest_address"]),
                                   ("10", 10, ["source_address", "dest_address"]),
                                   ("12", 12, ["protocol"]), ("17", 17, ["source_if"]),
                                   ("23", 23, ["source_if", "dest_if"]), ("27", 27, ["exporter"]),
                                   ("19", 19, ["source_as"]), ("22", 22, ["tos"])):
            answer = self.daemon.get(daemon.API + "/report", report=name, lines=0)
            if answer.status == 400 and not name.isdigit():
                answer = self.daemon.get(daemon.API + "/report", report=number, lines=0)
            self.assertEqual(answer.status, 200, answer.text())
            self.assertEqual(answer.json()["number"], number)
            self.check_rows(answer.json(), keys, self.all)

    def test_keys(self):
        keys = ["protocol", "dest_port", "tos"]
        self.check_rows(self.api("/report", keys=",".join(keys), lines=0), keys, self.all)

    def test_devices_and_filters(self):
        keys = ["source_address"]
        self.check_rows(self.api("/report", report=9, lines=0, device="router_2"), keys, self.flows["router_2"])
        self.check_rows(self.api("/report", report=9, lines=0, device="router_2,router_1"), keys, self.all)
        self.check_rows(self.api("/report", report=9, lines=0, dest_port="80,443", protocols="tcp"), keys,
                        [f for f in self.all if f["dest_port"] in (80, 443) and f["protocol"] == 6])
        self.check_rows(self.api("/report", report=9, lines=0, source_address="10.1.0.0/16,-10.1.2.0/24"), keys,
                        [f for f in self.all if f["source_address"].startswith("10.1.") and
                         not f["source_address"].startswith("10.1.2.")])

    def test_period(self):
        begin, end = sample.START + 600, sample.START + 1200
        answer = self.api("/report", report=9, lines=0, start=begin, end=end, flow_select="start")
        self.check_rows(answer, ["source_address"],
                        [f for f in self.all if begin <= int(f["start"]) < end])
        self.assertEqual((answer["start"], answer["end"]), (begin, end))
        same = self.api("/report", report=9, lines=0, start="2023-11-14T00:10:00Z", end="2023-11-14 00:20:00",
                        flow_select=3)
        self.assertEqual(same["rows"], answer["rows"])
        modes = {"any": lambda f: int(f["end"]) >= begin and int(f["start"]) < end,
                 "end": lambda f: begin <= int(f["end"]) < end,
                 "entire": lambda f: int(f["start"]) >= begin and int(f["end"]) < end}
        for mode, matches in modes.items():
            answer = self.api("/report", report=9, lines=0, start=begin, end=end, flow_select=mode)
            self.check_rows(answer, ["source_address"], [f for f in self.all if matches(f)])

    def test_open_period_is_that_of_the_data(self):
        answer = self.api("/report", report=9)
        self.assertEqual(answer["start"], min(f["start"] for f in self.all))
        self.assertEqual(answer["end"], max(f["end"] for f in self.all))

    def test_relative_times_become_absolute(self):
        answer = self.api("/report", report=9, start="-2h", end="-1h")
        self.assertAlmostEqual(answer["end"] - answer["start"], 3600, places=2)
        self.assertEqual(answer["rows"], [])
        self.assertTrue(answer["coverage"]["notes"])
        self.assertEqual(answer["coverage"]["share"], 0)

    def test_sort_and_lines(self):
        for sort in ("octets", "flows", "packets", "-octets", "-flows", "source_address", "-source_address"):
            answer = self.api("/report", report=9, lines=0, sort=sort)
            columns = [c["key"] for c in answer["columns"]]
            values = [row[columns.index(sort.lstrip("-"))] for row in answer["rows"]]
            if sort.endswith("source_address"):
                values = [tuple(map(int, v.split("."))) for v in values]
            self.assertEqual(values, sorted(values, reverse=not sort.startswith("-")), sort)
            top = self.api("/report", report=9, lines=7, sort=sort)
            self.assertEqual(top["rows"], answer["rows"][:7])
            self.assertEqual(top["rows_total"], answer["rows_total"])
            self.assertEqual(top["totals"], answer["totals"])

    def test_cutoff(self):
        everything = self.api("/report", report=9, lines=0)
        column = [c["key"] for c in everything["columns"]].index("octets")
        limit = everything["rows"][20][column]
        cut = self.api("/report", report=9, lines=0, cutoff_octets=limit)
        self.assertEqual(cut["rows"], [r for r in everything["rows"] if r[column] >= limit])

    def test_sampling_multiplier(self):
        plain, times = self.api("/report", report=9), self.api("/report", report=9, sampling_multiplier=100)
        columns = [c["key"] for c in plain["columns"]]
        for a, b in zip(plain["rows"], times["rows"]):
            for m in ("flows", "octets", "packets"):
                self.assertEqual(a[columns.index(m)] * 100, b[columns.index(m)])
        self.assertEqual(plain["totals"]["octets"] * 100, times["totals"]["octets"])
        self.assertEqual(times["coverage"]["sampling_multiplier"], 100)
        self.assertTrue(any("100" in n for n in times["coverage"]["notes"]))

    def test_rate_of_pair_reports(self):
        answer = self.api("/report", report=10, lines=0, **EMPTY)
        columns = [c["key"] for c in answer["columns"]]
        self.assertIn("bps", columns)
        for row in answer["rows"]:
            self.assertEqual(int(row[columns.index("bps")]), row[columns.index("octets")] * 8 // 3600)

    def test_formats_agree(self):
        parameters = {"keys": "source_address,dest_address,source_port,dest_port", "lines": 0, "analysis": "true"}
        answer = self.api("/report", **parameters)
        columns = [c["key"] for c in answer["columns"]]
        table = self.daemon.get("/api/v1/report", format="csv", **parameters)
        self.assertEqual(table.header("Content-Type").split(";")[0], "text/csv")
        self.assertIn(".csv", table.header("Content-Disposition"))
        lines = list(csv.reader(io.StringIO(table.text(), newline="")))
        self.assertEqual(lines[0], columns)
        self.assertEqual(lines[1:], [[str(v) for v in row] for row in answer["rows"]])
        streamed = self.daemon.get("/api/v1/report", format="ndjson", **parameters)
        rows = [json.loads(line) for line in streamed.text().splitlines()]
        self.assertEqual(rows, [dict(zip(columns, row)) for row in answer["rows"]])
        accepted = self.daemon.get("/api/v1/report", headers={"Accept": "text/csv"}, **parameters)
        self.assertEqual(accepted.body, table.body)
        packed = self.daemon.get("/api/v1/report", format="csv", headers={"Accept-Encoding": "gzip"}, **parameters)
        self.assertEqual(packed.header("Content-Encoding"), "gzip")
        self.assertEqual(packed.text(), table.text())

    def test_text_is_like_flow_stat(self):
        answer = self.api("/report", report=9, lines=20)
        text = self.daemon.get("/api/v1/report", report=9, lines=20, format="text")
        self.assertEqual(text.header("Content-Type").split(";")[0], "text/plain")
        rows = [line.split() for line in text.text().splitlines() if line and not line.startswith("#")]
        self.assertEqual(rows, [[str(v) for v in row] for row in answer["rows"]])

    def test_summary(self):
        answer = self.api("/report", report=99)
        self.assertEqual(len(answer["rows"]), 1)
        self.assertEqual(answer["totals"]["flows"], len(self.all))
        self.assertEqual(answer["totals"]["octets"], sum(f["octets"] for f in self.all))
        columns = [c["key"] for c in answer["columns"]]
        row = dict(zip(columns, answer["rows"][0]))
        for measure in ("flows", "octets", "packets"):
            self.assertEqual(row[measure], answer["totals"][measure])
        self.assertTrue(answer["summary"])
        self.assertIn("Total Flows", self.daemon.get("/api/v1/report", report=99, format="text").text())

    def test_resolve(self):
        names = self.api("/report", keys="protocol,dest_port", lines=0, resolve="true")["names"]
        self.assertEqual(names["protocol 6"].lower(), "tcp")
        self.assertEqual(names["port 443"], "https")
        self.assertNotIn("names", self.api("/report", keys="protocol,dest_port"))

    def test_coverage(self):
        answer = self.api("/report", report=9, start=sample.START, end=sample.START + 3600)
        coverage = answer["coverage"]
        self.assertEqual(coverage["files"], self.files)
        for key in ("files_missing", "files_damaged", "files_failed", "files_queued", "flows_lost"):
            self.assertEqual(coverage[key], 0, key)
        self.assertEqual(coverage["share"], 1)
        self.assertEqual(coverage["notes"], [])
        half = self.api("/report", report=9, start=sample.START - 3600, end=sample.START + 3600)["coverage"]
        self.assertAlmostEqual(half["share"], 0.5, places=2)
        self.assertTrue(any("50" in n for n in half["notes"]), half)

    def test_stats(self):
        stats = self.api("/report", report=9)["stats"]
        for key in ("flows_scanned", "flows_matched", "bytes_read", "segments_read", "segments_skipped",
                    "elapsed_ms", "passes", "memory_peak"):
            self.assertIn(key, stats)
        self.assertEqual(stats["flows_matched"], len(self.all))

    def test_default_is_source_and_destination(self):
        self.assertEqual(self.api("/report")["number"], 10)

    def test_all_mistakes_at_once(self):
        problem = self.refused("/report", report="nonsense", sort="nope", lines="x", source_port="70000",
                               dest_address="300.1.1.1", device="router_9", flow_select="maybe", start="soon",
                               unknown="1", sampling_multiplier="0")
        found = {e["parameter"] for e in problem["errors"]}
        self.assertLessEqual({"report", "lines", "source_port", "dest_address", "device", "flow_select", "start",
                              "unknown", "sampling_multiplier"}, found)
        for error in problem["errors"]:
            self.assertTrue(error["detail"], error)
        by_name = {e["parameter"]: e["value"] for e in problem["errors"]}
        self.assertEqual(by_name["source_port"], "70000")

    def test_mistakes(self):
        for parameters in ({"report": "9", "keys": "protocol"}, {"keys": "nonsense"}, {"keys": "protocol,protocol"},
                           {"keys": ","}, {"sort": "nonsense"}, {"start": "now", "end": "-1h"},
                           {"start": sample.START, "end": sample.START}, {"lines": "-1"}, {"lines": "1e3"},
                           {"cutoff_octets": "many"}, {"report": ["9", "10"]}, {"format": "xml"},
                           {"resolve": "perhaps"}, {"query_id": "a b"}, {"device": ","}):
            problem = self.refused("/report", **parameters)
            self.assertTrue(problem["errors"], parameters)

    def test_empty_values_count_as_not_given(self):
        self.assertEqual(self.api("/report", report=9, source_port="", device="", start="", lines="")["rows"],
                         self.api("/report", report=9)["rows"])

    def test_etag(self):
        answer = self.daemon.get("/api/v1/report", report=9, **EMPTY)
        tag = answer.header("ETag")
        self.assertTrue(tag)
        self.assertNotIn("no-store", answer.header("Cache-Control"))
        before = self.queries_run()
        again = self.daemon.get("/api/v1/report", headers={"If-None-Match": tag}, report=9, **EMPTY)
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(self.queries_run(), before, "a query ran although nothing changed")
        other = self.daemon.get("/api/v1/report", headers={"If-None-Match": tag}, report=8, **EMPTY)
        self.assertEqual(other.status, 200)
        self.assertNotEqual(other.header("ETag"), tag)
        self.assertIsNone(self.daemon.get("/api/v1/report", report=9).header("ETag"))
        self.assertIsNone(self.daemon.get("/api/v1/report", report=9, start=sample.START).header("ETag"))
        self.assertIsNone(self.daemon.get("/api/v1/report", report=9, start="-1h", end="now").header("ETag"))
        self.assertIsNone(self.daemon.get("/api/v1/report", report=9, start=sample.START, end="x").header("ETag"))

    def queries_run(self):
        for line in self.daemon.get("/api/v1/metrics").text().splitlines():
            if line.startswith("flowviewer_queries_total "):
                return int(line.split()[1])
        raise AssertionError("no flowviewer_queries_total")


class Arriving(sample.Case):
    """New and broken files change the answer, and its ETag."""

    count = 100

    def test_new_file_changes_etag_and_coverage(self):
        device = self.daemon.devices["router_1"]
        first = self.daemon.get("/api/v1/report", report=9, **EMPTY)
        extra = sample.flows(50, seed=9)
        path = flowfile.write(flowfile.path(device, sample.START + 7), extra, sample.START, sample.START + 3600,
                              lost=17)
        self.daemon.request("POST", "/api/v1/ingest/rescan")
        self.daemon.wait_ingested(self.files + 1)
        second = self.daemon.get("/api/v1/report", headers={"If-None-Match": first.header("ETag")}, report=9, **EMPTY)
        self.assertEqual(second.status, 200)
        self.assertEqual(second.json()["totals"]["flows"], first.json()["totals"]["flows"] + 50)
        self.assertEqual(second.json()["coverage"]["flows_lost"], 17)
        self.assertTrue(any("17" in n for n in second.json()["coverage"]["notes"]))
        broken = flowfile.path(device, sample.START + 9)
        with open(broken, "wb") as out:
            out.write(b"not a flow file, whatever its name says")
        self.daemon.request("POST", "/api/v1/ingest/rescan")
        failed = self.daemon.wait_until(lambda: self.api("/ingest/files", state="failed")["files"], 60,
                                        "the broken file to be listed")
        self.assertTrue(failed[0]["reason"])
        self.assertTrue(failed[0]["path"].endswith(flowfile.name(sample.START + 9)))


if __name__ == "__main__":
    daemon.main()
