"""What the real flow-tools said of the files in ../shared/corpus, and those files as devices.

corpus/golden/INDEX.tsv lists for each output the command that made it. Here a command becomes
a question to the daemon, and the output the rows that are expected.
"""

import gzip
import os
import re
import shutil
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "api"))

import daemon  # noqa: E402
CORPUS = os.environ.get("FV_CORPUS") or os.path.normpath(
    os.path.join(HERE, "..", "..", "..", "shared", "corpus"))

# flow-stat's formats that are rows of the report table, and the names of those that have no
# number of their own (FlowViewer's 30 is its scan report).
FORMATS = {0: "99", 30: "source-tag", 31: "dest-tag", 32: "source-dest-tag"}
FORMATS.update({n: str(n) for n in (5, 6, 7, 8, 9, 10, 11, 12, 16, 17, 18, 19, 20, 21, 22, 23,
                                    24, 25, 26, 27, 28, 29)})


def main():
    """unittest.main(), or 77 ("skipped") without the corpus or without a daemon."""
    if not os.path.exists(os.path.join(CORPUS, "golden", "INDEX.tsv")):
        print("skipped: there is no test data at %s" % CORPUS)
        raise SystemExit(daemon.SKIPPED)
    daemon.main()


class Golden:
    """One output: its name, the command and the input file or directory in it."""

    def __init__(self, line):
        self.output, code, lines, self.md5, self.command = line.rstrip("\n").split("\t")
        self.code, self.lines = int(code), int(lines)
        self.steps = [s.strip() for s in self.command.split("|")]

    def input(self):
        """The file that the command reads, relative to the corpus; None if there is none."""
        redirected = re.search(r"< (\S+)", self.command)
        if redirected:
            return redirected.group(1)
        words = self.steps[0].split()
        return words[-1] if words[0] in ("cat", "flow-cat") else None

    def text(self):
        """The output, or None where only its md5 is kept (above 300 KiB)."""
        path = os.path.join(CORPUS, "golden", self.output)
        if os.path.exists(path):
            with open(path, encoding="latin-1") as f:
                return f.read()
        if os.path.exists(path + ".gz"):
            with gzip.open(path + ".gz", "rt", encoding="latin-1") as f:
                return f.read()
        return None

    def refused(self):
        """flow-stat found that the export version lacks a field."""
        path = os.path.join(CORPUS, "golden", self.output + ".err")
        if not os.path.exists(path):
            return False
        with open(path, encoding="latin-1") as f:
            return "missing required field" in f.read()


def index():
    with open(os.path.join(CORPUS, "golden", "INDEX.tsv"), encoding="latin-1") as f:
        return [Golden(line) for line in list(f)[1:]]


def stat(golden):
    """(format, options) of a flow-stat command, e.g. (10, {"S": 2, "w": True}); else None."""
    step = golden.steps[-1].split(" <")[0]
    if not step.startswith("flow-stat ") or len(golden.steps) > 2:
        return None
    options = {}
    for letter, value in re.findall(r" -([a-zA-Z])(\d*)", step):
        options[letter] = int(value) if value else True
    return options.pop("f", 0), options


def rows(text):
    """flow-stat's rows as lists of words; its comments begin with '#'."""
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


def full_prefix(text):
    """10.1/16 as 10.1.0.0/16."""
    address, length = text.split("/")
    octets = address.split(".")
    return ".".join(octets + ["0"] * (4 - len(octets))) + "/" + length


def key_order(value):
    """Addresses sort by their number."""
    if isinstance(value, str):
        return [int(n) for n in re.split(r"[./]", value)]
    return [value]


class Files:
    """Every input as a device of its own: a directory with a copy of the file in it."""

    def __init__(self, inputs):
        self.directory = tempfile.mkdtemp(prefix="flowviewer-golden-")
        self.devices = {}  # name -> directory
        self.names = {}    # input -> name
        self.count = 0     # files
        for number, source in enumerate(sorted(inputs)):
            self._add(source, "d%03d" % number)

    def _add(self, source, name):
        path = os.path.join(CORPUS, source)
        directory = path
        if not os.path.isdir(path):
            directory = os.path.join(self.directory, name)
            os.mkdir(directory)
            shutil.copyfile(path, os.path.join(directory, "ft-v05.2020-01-01.000000+0000"))
        self.count += sum(f.startswith("ft-") for _, _, files in os.walk(directory) for f in files)
        self.devices[name] = directory
        self.names[source] = name

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)


class Case(unittest.TestCase):
    """A daemon that has read all inputs() with the configuration in 'extra'."""

    extra = ""
    time_zone = "UTC"

    @classmethod
    def inputs(cls):
        return {g.input() for g in index() if stat(g) and g.input()}

    @classmethod
    def setUpClass(cls):
        cls.index = index()
        cls.files = Files(cls.inputs())
        cls.addClassCleanup(cls.files.remove)
        cls.daemon = daemon.Daemon(cls.files.devices, extra=cls.extra, time_zone=cls.time_zone)
        cls.addClassCleanup(cls.daemon.remove)
        cls.daemon.start()
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.wait_ingested(cls.files.count)

    def device(self, golden):
        return self.files.names[golden.input()]

    def same(self, got, want):
        """assertEqual for large tables and lists: shows the first differences only, for to make
        unittest's own message takes minutes."""
        if got == want:
            return
        if isinstance(got, dict):
            got, want = sorted(got.items()), sorted(want.items())
        place = next((i for i, pair in enumerate(zip(got, want)) if pair[0] != pair[1]),
                     min(len(got), len(want)))
        self.fail("%d instead of %d; from number %d on:\n  %s\ninstead of\n  %s" % (
            len(got), len(want), place, got[place:place + 3], want[place:place + 3]))

    def flow_lines(self, device, **filters):
        """The flows of a device in flow-print's format 5, sorted."""
        answer = self.daemon.get(daemon.API + "/flows", device=device, format="text",
                                 limit=100000, **filters)
        self.assertEqual(answer.status, 200, answer.text())
        return printed(answer.text())


def printed(text):
    """Sorted lines of flow-print -f5 without its two heading lines."""
    return sorted(text.splitlines()[2:])
