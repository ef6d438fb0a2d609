"""flow-report's outputs as groupings made of keys=: same rows, same numbers."""

import re

import golden

SOURCE, DEST, PORTS = "source_address", "dest_address", "source_port,dest_port"
BOTH, INTERFACES, ASES = SOURCE + "," + DEST, "source_if,dest_if", "source_as,dest_as"

# flow-report's types by number. Not here: those whose key is no field of a flow (sizes, rates,
# times), and counts of distinct addresses.
KEYS = {
    6: "source_port", 7: "dest_port", 8: PORTS, 12: "protocol", 13: "tos", 14: "nexthop",
    15: SOURCE, 16: DEST, 17: BOTH, 18: "exporter", 19: "source_if", 20: "dest_if",
    21: INTERFACES, 22: "source_as", 23: "dest_as", 24: ASES,
    25: SOURCE + ",source_as", 26: DEST + ",source_as", 27: SOURCE + ",dest_as",
    28: DEST + ",dest_as", 29: BOTH + ",source_as", 30: BOTH + ",dest_as", 31: BOTH + "," + ASES,
    32: SOURCE + ",source_if", 33: DEST + ",source_if", 34: SOURCE + ",dest_if",
    35: DEST + ",dest_if", 36: BOTH + ",source_if", 37: BOTH + ",dest_if",
    38: BOTH + "," + INTERFACES, 39: "source_if,source_as", 40: "source_if,dest_as",
    41: "dest_if,source_as", 42: "dest_if,dest_as", 43: "source_if," + ASES,
    44: "dest_if," + ASES, 45: INTERFACES + "," + ASES, 46: "engine_id", 47: "engine_type",
    48: "source_tag", 49: "dest_tag", 50: "source_tag,dest_tag",
    51: SOURCE + ",source_port", 52: SOURCE + ",dest_port", 53: DEST + ",source_port",
    54: DEST + ",dest_port", 55: SOURCE + "," + PORTS, 56: DEST + "," + PORTS,
    57: BOTH + ",source_port", 58: BOTH + ",dest_port", 59: BOTH + "," + PORTS,
    60: SOURCE + "," + INTERFACES, 61: DEST + "," + INTERFACES, 62: SOURCE + "," + ASES,
    63: DEST + "," + ASES, 64: "address", 65: "port",
    68: BOTH + "," + PORTS + ",protocol,tos", 69: BOTH + ",protocol,tos",
    70: SOURCE + ",source_tag", 71: SOURCE + ",dest_tag", 72: DEST + ",source_tag",
    73: DEST + ",dest_tag", 74: BOTH + ",source_tag,dest_tag",
}
MEASURES = ["flows", "octets", "packets", "duration"]


def keys_of(g):
    """keys= for a "flow-report -s config/stat.cfg -S d17"; None for other commands."""
    found = re.search(r"flow-report -s config/stat\.cfg -S d(\d+)( <|$)", g.command)
    return KEYS.get(int(found.group(1))) if found else None


class Groupings(golden.Case):
    extra = "clock flow-tools"

    @classmethod
    def inputs(cls):
        return {g.input() for g in golden.index() if keys_of(g)}

    def expected(self, g, types):
        """{keys: [numbers]}; flow-report says in comments what its columns are."""
        rows, names = {}, None
        for line in g.text().splitlines():
            if line.startswith("# recn:"):
                names = line[len("# recn:"):].strip().split(",")
            if line.startswith("#") or names is None:
                continue
            words = line.split(",")
            key = [w for w, n in zip(words, names) if n.endswith("*")]
            key = tuple(w if kind == "address" else int(w) for w, kind in zip(key, types))
            rows[key] = [int(words[names.index(m)]) for m in MEASURES]
        return rows

    def check(self, g):
        keys = keys_of(g)
        if g.text() is None:
            self.skipTest("%s: only its md5 is kept" % g.output)
        answer = self.daemon.api("/report", device=self.device(g), lines=0, keys=keys,
                                 duration="true")
        names = [c["key"] for c in answer["columns"]]
        count = len(keys.split(","))
        self.assertEqual(",".join(names[:count]), keys)
        places = [names.index(m) for m in MEASURES]
        rows = {tuple(r[:count]): [r[p] for p in places] for r in answer["rows"]}
        self.same(rows, self.expected(g, [c["type"] for c in answer["columns"]]))

    def test_groupings(self):
        compared = 0
        for g in self.index:
            if keys_of(g):
                with self.subTest(g.output):
                    self.check(g)
                    compared += 1
        self.assertGreater(compared, 0)


if __name__ == "__main__":
    golden.main()
