"""The default reading, which corrects wrong clocks, beside flow-tools' outputs: times and
durations differ in the files listed here and nowhere else (docs/flow-tools.md says why), and
flows, octets and packets never do where flow-tools counts them at all.
"""

import golden
import test_flows
import test_reports

# Files with flows whose times flow-tools gets wrong, and how many lines of flow-print that is.
TIMES = {
    "real/exports/multi.v5": 2,            # stamps from before the uptime counter's wrap
    "real/softflowd/ndpi.v5": 175,         # wrapped and negative clocks, made so on purpose
    "real/capture/inprogress/tmp-v05.2026-11-23.040700+0000": 14,  # stamps after the export
}

# Files with flows that end before they start (flow-gen of flow-tools makes such, and a part of
# the third-party samples was made with it): 49.7 days long for flow-tools, 0 for us.
DURATIONS = ("real/variants/flowgen.",
             "real/spark-netflow/ftv5.2016-01-13.compress.9.sample",
             "real/spark-netflow/ftv5.2016-01-13.nocompress.bigend.sample",
             "real/spark-netflow/ftv5.2016-03-15.compress9.bigend.records1",
             "real/spark-netflow/ftv8.2016-01-17.compress.7.bigend.sample")

# Records with interfaces that flow-tools does not report: format 17 refuses them.
HIDDEN_INTERFACES = "real/variants/flowgen.v8m10."

TIMES_WIDTH = 36  # of the two times at the begin of a line of flow-print -f5


class DefaultFlows(test_flows.Flows):
    extra = ""

    def check(self, g):
        want, got = golden.printed(g.text()), self.flow_lines(self.device(g))
        without = lambda lines: sorted(line[TIMES_WIDTH:] for line in lines)
        self.same(without(got), without(want))
        remaining = list(want)
        different = 0
        for line in got:
            if line in remaining:
                remaining.remove(line)
            else:
                different += 1
        self.assertEqual(different, TIMES.get(g.input(), 0))


class DefaultReports(test_reports.Reports):
    extra = ""

    def each(self, wanted, check):
        super().each(wanted, lambda g, n, o: self.uses_durations(g, n, o) or check(g, n, o))

    def uses_durations(self, g, number, options):
        """Tested by test_durations instead."""
        return g.input().startswith(DURATIONS) and (number == 0 or "w" in options)

    def check_refused(self, g, answer):
        if not g.input().startswith(HIDDEN_INTERFACES) or "-f17" not in g.command:
            super().check_refused(g, answer)
            return
        self.assertEqual(answer["coverage"]["flows_without_field"], 0)
        self.assertEqual(sum(row[1] for row in answer["rows"]), answer["totals"]["flows"])
        self.assertGreater(answer["totals"]["flows"], 0)

    def lines_without_durations(self, text):
        """Of a summary: totals, sizes and counts."""
        kept = []
        for line in text.splitlines():
            if line.startswith("Flow time distribution"):
                break
            if "secs)" not in line and "(flow)" not in line:
                kept.append(line)
        return kept

    def check_durations(self, g, number, options):
        if not self.uses_durations(g, number, options):
            return
        if number == 0:
            text = self.summary(g)
            self.assertTrue(text != g.text())
            self.same(self.lines_without_durations(text),
                             self.lines_without_durations(g.text()))
            return
        answer = self.ask(g, report=golden.FORMATS[number], duration="true")
        got = self.table(answer, test_reports.MEASURES)
        want = self.expected(g, answer)
        self.assertTrue(got != want)
        self.same({k: n[:3] for k, n in got.items()}, {k: n[:3] for k, n in want.items()})

    def test_durations(self):
        super().each(lambda n, o: n in golden.FORMATS and (n == 0 or "w" in o),
                     self.check_durations)


if __name__ == "__main__":
    golden.main()
