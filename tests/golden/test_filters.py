"""flow-nfilter's definitions of corpus/config/filter.cfg as fields of the API: same flows.

A definition with "or", or "invert" over two fields, is no single set of fields: fields are
ANDed. It is asked in parts that cannot overlap, whose flows together are the definition's.
"""

import golden

WEB = "80,443,8000:8090"
NOT_WEB = "-80,-443,-8000:8090"
NETS = "10.0.0.0/8,192.168.0.0/16"
NOT_NETS = "-10.0.0.0/8,-192.168.0.0/16"

# Definition -> sets of fields.
DEFINITIONS = {
    "web": [{"protocols": "tcp", "dest_port": WEB},
            {"protocols": "tcp", "source_port": WEB, "dest_port": NOT_WEB}],
    "notweb": [{"dest_port": "-80,-443", "source_port": "-80,-443"}],
    # "permit !443" denies 443, and what is not named is denied too: no flow at all.
    "bang443": [{"dest_port": "443,-443"}],
    "net10": [{"source_address": NETS}, {"source_address": NOT_NETS, "dest_address": NETS}],
    "net10mask": [{"source_address": NETS}, {"source_address": NOT_NETS, "dest_address": NETS}],
    "nested": [{"source_address": "-192.168.1.0/24,192.168.0.0/16,10.0.0.0/8"}],
    "host": [{"source_address": "192.168.0.1,10.0.2.15"}],
    "not-web": [{"protocols": "-tcp"}, {"protocols": "tcp", "dest_port": NOT_WEB}],
    "synonly": [{"protocols": "tcp", "tcp_flags": "0x02/0x3f"}],
    "finbit": [{"tcp_flags": "F/F"}],
    "ef": [{"tos_fields": "0x48/0xfc"}],
    "if0": [{"dest_if": "0"}],
    "as15169": [{"source_as": "15169"}],
    # Start time >= 1 January 2017: a period that does not end.
    "since2017": [{"start": "2017-01-01T00:00:00Z", "flow_select": "start"}],
    "default": [{"protocols": "tcp"}],
}

# Definitions that no fields express, and why.
NOT_EXPRESSIBLE = {
    "big": "octets of a flow are no field",
    "mid": "octets of a flow are no field",
    "long": "the duration of a flow is no field",
    "fast": "bits per second of a flow are no field",
    "pps10": "packets per second of a flow are no field",
    "len24": "the destination's prefix length is no field",
    "morning": "the time of day is no field",
    "empty": "a definition without matches denies all; no fields at all are no filter",
}


def definition(g):
    """The definition a golden output used, e.g. "web"; None if it is not of this kind."""
    if len(g.steps) != 3 or "flow-nfilter -f config/filter.cfg" not in g.steps[1]:
        return None
    return g.steps[1].split("-F ")[1].split()[0] if g.steps[2] == "flow-print -f5" else None


class Filters(golden.Case):
    extra = "clock flow-tools"

    @classmethod
    def inputs(cls):
        return {g.input() for g in golden.index() if definition(g)}

    def test_every_definition_is_known(self):
        used = {definition(g) for g in self.index if definition(g)}
        self.assertEqual(used, set(DEFINITIONS) | set(NOT_EXPRESSIBLE))
        self.assertFalse(set(DEFINITIONS) & set(NOT_EXPRESSIBLE))

    def test_same_flows(self):
        for g in self.index:
            if definition(g) not in DEFINITIONS:
                continue
            with self.subTest(g.output):
                if g.text() is None:
                    self.skipTest("%s: only its md5 is kept" % g.output)
                lines = []
                for fields in DEFINITIONS[definition(g)]:
                    lines += self.flow_lines(self.device(g), **fields)
                self.same(sorted(lines), golden.printed(g.text()))


if __name__ == "__main__":
    golden.main()
