"""flow-print -f5 of whole files: every flow, every column, in two time zones."""

import golden


def printed_in(g):
    """The time zone of a plain flow-print -f5, or None."""
    step = g.steps[-1].split(" <")[0]
    if "flow-nfilter" in g.command:
        return None
    return {"flow-print -f5": "UTC",
            "TZ=America/New_York flow-print -f5": "America/New_York"}.get(step)


class Flows(golden.Case):
    extra = "clock flow-tools"

    @classmethod
    def inputs(cls):
        return {g.input() for g in golden.index() if printed_in(g) == cls.time_zone}

    def check(self, g):
        self.same(self.flow_lines(self.device(g)), golden.printed(g.text()))

    def test_same_lines(self):
        compared = 0
        for g in self.index:
            if printed_in(g) != self.time_zone:
                continue
            with self.subTest(g.output):
                if g.text() is None:
                    self.skipTest("%s: only its md5 is kept" % g.output)
                self.check(g)
                compared += 1
        self.assertGreater(compared, 0)


class FlowsInNewYork(Flows):
    time_zone = "America/New_York"


if __name__ == "__main__":
    golden.main()
