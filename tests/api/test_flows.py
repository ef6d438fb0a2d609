"""GET /flows: single flows, page by page."""

import csv
import io
import json
import unittest

import daemon
import sample

SAME = ("source_address", "dest_address", "source_port", "dest_port", "protocol", "octets", "packets", "tos",
        "tcp_flags", "nexthop", "exporter", "source_if", "dest_if", "source_as", "dest_as", "source_mask",
        "dest_mask", "start", "end")


def plain(f):
    return tuple(f[name] for name in SAME)


class Flows(sample.Case):
    count = 900

    def walk(self, limit, **parameters):
        found, cursor, pages = [], None, 0
        while True:
            extra = {"cursor": cursor} if cursor else {}
            page = self.api("/flows", limit=limit, **parameters, **extra)
            self.assertLessEqual(len(page["flows"]), limit)
            found += page["flows"]
            pages += 1
            cursor = page["next_cursor"]
            if cursor is None:
                return found, pages
            self.assertEqual(len(page["flows"]), limit)

    def test_all_fields(self):
        answer = self.api("/flows", limit=100000)
        self.assertIsNone(answer["next_cursor"])
        self.assertEqual(sorted(plain(f) for f in answer["flows"]), sorted(plain(f) for f in self.all))

    def test_walk_meets_every_flow_once_in_time_order(self):
        want = sorted(plain(f) for f in self.all)
        for limit in (1000, 97, 13):
            found, pages = self.walk(limit)
            self.assertEqual(sorted(plain(f) for f in found), want, limit)
            starts = [f["start"] for f in found]
            self.assertEqual(starts, sorted(starts))
            self.assertGreaterEqual(pages, len(want) // limit)

    def test_walk_with_filter_and_period(self):
        found, _ = self.walk(20, protocols="17", device="router_1", start=sample.START + 600,
                             end=sample.START + 1800, flow_select="start")
        want = [f for f in self.flows["router_1"] if f["protocol"] == 17 and
                sample.START + 600 <= int(f["start"]) < sample.START + 1800]
        self.assertEqual(sorted(plain(f) for f in found), sorted(plain(f) for f in want))

    def test_formats_agree(self):
        rows = self.api("/flows", limit=1000)["flows"]
        lines = self.daemon.get("/api/v1/flows", limit=1000, format="ndjson").text().splitlines()
        self.assertEqual([json.loads(line) for line in lines], rows)
        text = self.daemon.get("/api/v1/flows", limit=1000, format="csv").text()
        table = list(csv.DictReader(io.StringIO(text, newline="")))
        self.assertEqual(len(table), len(rows))
        for cells, row in zip(table, rows):
            for name, cell in cells.items():
                if name not in row:
                    self.assertEqual(cell, "")
                elif isinstance(row[name], str):
                    self.assertEqual(cell, row[name])
                else:
                    self.assertEqual(float(cell), row[name], name)
        printed = self.daemon.get("/api/v1/flows", limit=1000, format="text").text()
        self.assertGreaterEqual(len(printed.splitlines()), len(rows))
        self.assertIn("Start", printed.splitlines()[0] + printed.splitlines()[1])

    def test_sampling_multiplier(self):
        one, ten = self.api("/flows"), self.api("/flows", sampling_multiplier=10)
        self.assertEqual([f["octets"] * 10 for f in one["flows"]], [f["octets"] for f in ten["flows"]])

    def test_cursor_of_relative_times_stays(self):
        page = self.api("/flows", start="-20000d", end="now", limit=10)
        self.assertIsNotNone(page["next_cursor"])
        second = self.api("/flows", start="-20000d", end="now", limit=10, cursor=page["next_cursor"])
        self.assertEqual((second["start"], second["end"]), (page["start"], page["end"]))

    def test_bad_cursors(self):
        good = self.api("/flows", limit=1)["next_cursor"]
        for cursor in ("x", good[:-1], good + "0", good.upper().replace("0", "G"), "%", "0" * 80):
            problem = self.refused("/flows", cursor=cursor)
            self.assertEqual(problem["errors"][0]["parameter"], "cursor")
        self.refused("/flows", cursor=good, protocols="6")
        self.api("/flows", cursor=good, limit=5)

    def test_limits(self):
        for limit in ("0", "100001", "-1", "x"):
            self.assertEqual(self.refused("/flows", limit=limit)["errors"][0]["parameter"], "limit")
        self.refused("/flows", lines=5)


if __name__ == "__main__":
    daemon.main()
