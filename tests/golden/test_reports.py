"""Every flow-stat output of the corpus whose report is in the table: same rows, same numbers.

The daemon reads the files' clocks as flow-tools does ("clock flow-tools").
"""

import daemon
import golden

MEASURES = ["flows", "octets", "packets", "duration"]
PERCENT_PRECISION = 0.00051  # flow-stat prints three decimals
# Of the summary, in flow-stat's order.
SUMMARY_NUMBERS = ["flows", "octets", "packets", "duration", "real_seconds", "data_milliseconds",
                   "average_flow_milliseconds", "average_packet_octets", "average_flow_octets",
                   "average_flow_packets", "flows_per_second", "real_flows_per_second",
                   "kbits_per_second", "real_kbits_per_second"]
SUMMARY_DISTRIBUTIONS = ["packet_octets", "flow_packets", "flow_octets", "flow_milliseconds"]


def is_table(number):
    return number in golden.FORMATS and number != 0


class Reports(golden.Case):
    extra = "clock flow-tools"

    def ask(self, g, **parameters):
        return self.daemon.api("/report", device=self.device(g), lines=0, **parameters)

    def each(self, wanted, check):
        """check(output, format, options) for the outputs of flow-stat that are wanted."""
        found = 0
        for g in self.index:
            command = golden.stat(g)
            if command is None or not wanted(*command):
                continue
            found += 1
            with self.subTest(g.output):
                if not g.refused() and g.text() is None:
                    self.skipTest("%s: only its md5 is kept" % g.output)
                check(g, *command)
        self.assertGreater(found, 0)

    # ---- tables ------------------------------------------------------------------------------

    def key_count(self, answer):
        return next(i for i, c in enumerate(answer["columns"]) if c["key"] == "flows")

    def table(self, answer, measures):
        """{keys: [numbers]} of an answer; prefixes and addresses as text, the rest numbers."""
        keys = self.key_count(answer)
        names = [c["key"] for c in answer["columns"]]
        places = [names.index(m) for m in measures]
        rows = {tuple(r[:keys]): [r[p] for p in places] for r in answer["rows"]}
        self.assertEqual(len(rows), len(answer["rows"]), "a key comes twice")
        return rows

    def expected(self, g, answer):
        """The same of flow-stat's text."""
        types = [c["type"] for c in answer["columns"][:self.key_count(answer)]]
        rows = {}
        for words in golden.rows(g.text()):
            key = []
            for kind, word in zip(types, words):
                if kind == "prefix":
                    key.append(golden.full_prefix(word))
                else:
                    key.append(word if kind == "address" else int(word))
            numbers = words[len(types):]
            rows[tuple(key)] = [float(n) if "." in n else int(n) for n in numbers]
        return rows

    def check_refused(self, g, answer):
        """flow-stat gives nothing where we say how many flows lack the field."""
        self.assertEqual(golden.rows(g.text() or ""), [])
        self.assertEqual(answer["rows"], [])
        self.assertGreater(answer["coverage"]["flows_without_field"], 0)

    def check_table(self, g, number, options):
        measures = MEASURES if "w" in options else MEASURES[:3]
        answer = self.ask(g, report=golden.FORMATS[number],
                          duration="true" if "w" in options else "false")
        if g.refused():
            self.check_refused(g, answer)
            return
        rows = self.table(answer, measures)
        self.same(rows, self.expected(g, answer))
        self.assertEqual(answer["rows_total"], len(rows))
        self.assertEqual(answer["coverage"]["flows_without_field"], 0)

    def test_tables(self):
        self.each(lambda n, o: is_table(n) and not set(o) & set("Pnt"), self.check_table)

    def sort_parameter(self, answer, options):
        """flow-stat's -S2 as sort=octets."""
        column = options.get("S", options.get("s"))
        keys = self.key_count(answer)
        name = answer["columns"][column]["key"] if column < keys else MEASURES[column - keys]
        return ("-" if "s" in options else "") + name

    def sorted_column(self, g, options):
        words = [row[options.get("S", options.get("s"))] for row in golden.rows(g.text())]
        if words and "/" in words[0]:
            words = [golden.full_prefix(w).split("/")[0] for w in words]
        return [golden.key_order(w if "." in w else int(w)) for w in words]

    def check_order(self, g, number, options):
        plain = self.ask(g, report=golden.FORMATS[number], duration="true")
        sort = self.sort_parameter(plain, options)
        answer = self.ask(g, report=golden.FORMATS[number], duration="true", sort=sort)
        place = [c["key"] for c in answer["columns"]].index(sort.lstrip("-"))
        got = [golden.key_order(r[place]) for r in answer["rows"]]
        self.same(got, sorted(got, reverse="S" in options))
        if answer["columns"][place]["type"] == "prefix":
            got = [value[:4] for value in got]  # flow-stat leaves lengths in no order
        self.same(got, self.sorted_column(g, options))

    def test_orders(self):
        """-S and -s: the sorted column's values come in the same sequence."""
        self.each(lambda n, o: is_table(n) and set(o) & set("sS") and not set(o) & set("Pnt"),
                  self.check_order)

    def check_names(self, g, number, options):
        answer = self.ask(g, report=golden.FORMATS[number], sort="flows")
        rows = [r[1:4] for r in answer["rows"]]
        want = [[int(n) for n in words[1:4]] for words in golden.rows(g.text())]
        self.same([r[0] for r in rows], [w[0] for w in want])
        self.same(sorted(rows), sorted(want))

    def test_names(self):
        """-n writes names instead of numbers; the numbers beside them are the same."""
        self.each(lambda n, o: is_table(n) and "n" in o, self.check_names)

    def check_percents(self, g, number, options):
        answer = self.ask(g, report=golden.FORMATS[number])
        rows = self.table(answer, MEASURES[:3])
        totals = [answer["totals"][m] for m in MEASURES[:3]]
        if number == 7:
            totals = [sum(r[i] for r in rows.values()) for i in range(3)]
        expected = self.expected(g, answer)
        self.same(sorted(rows), sorted(expected))
        for key, numbers in rows.items():
            for n, total, percent in zip(numbers, totals, expected[key]):
                self.assertLess(abs(100 * n / total - percent), PERCENT_PRECISION, key)

    def test_percents(self):
        """-P: the same shares of the totals (of the rows where a flow counts under both ends'
        ports, as flow-stat has it)."""
        self.each(lambda n, o: is_table(n) and "P" in o, self.check_percents)

    def check_text(self, g, number, options):
        answer = self.daemon.get(daemon.API + "/report", device=self.device(g), lines=0,
                                 report=golden.FORMATS[number], format="text")
        self.assertEqual(answer.status, 200, answer.text())
        if not g.refused():
            self.same(sorted(golden.rows(answer.text())), sorted(golden.rows(g.text())))

    def test_text_parses_the_same(self):
        """format=text: the columns stand where flow-stat has them."""
        self.each(lambda n, o: is_table(n) and not o, self.check_text)

    # ---- summaries ---------------------------------------------------------------------------

    def summary(self, g):
        answer = self.daemon.get(daemon.API + "/report", device=self.device(g), report=99,
                                 format="text")
        self.assertEqual(answer.status, 200, answer.text())
        return answer.text()

    def check_summary_text(self, g, number, options):
        self.same(self.summary(g).splitlines(True), g.text().splitlines(True))

    def test_summary_text(self):
        """Format 0, every number and blank of it."""
        self.each(lambda n, o: n == 0, self.check_summary_text)

    def check_summary_json(self, g, number, options):
        summary = self.ask(g, report="summary")["summary"]
        lines = [line.rsplit(": ", 1) for line in g.text().splitlines()
                 if ": " in line and not line.startswith("#")]
        want = [n for _, n in lines] or ["0"] * 6 + ["0.0000"] * 8
        got = [summary[n] for n in SUMMARY_NUMBERS]
        self.assertEqual(["%d" % n for n in got[:6]] + ["%.4f" % n for n in got[6:]], want)
        for distribution in SUMMARY_DISTRIBUTIONS:
            records = sum(b["records"] for b in summary[distribution])
            self.assertEqual(records, summary["records"], distribution)

    def test_summary_json(self):
        self.each(lambda n, o: n == 0, self.check_summary_json)

    def check_totals(self, g, number, options):
        totals = self.ask(g, report="summary")["totals"]
        want = golden.rows(g.text())[0][:2] if golden.rows(g.text()) else ["0", "0"]
        self.assertEqual([str(totals["octets"]), str(totals["packets"])], want)

    def test_totals(self):
        """Format 15, flow-stat's shortest: totals of octets and packets."""
        self.each(lambda n, o: n == 15, self.check_totals)


if __name__ == "__main__":
    golden.main()
