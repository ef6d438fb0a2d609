"""Functions fit a screen or two, files hold one concept.  lengths.py SOURCE_DIR"""

import pathlib
import statistics
import sys

FUNCTION = 100
FILE = 700


def functions(lines):
    """(line, length) of each function: by our layout its braces stand in the first column."""
    begin = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            begin = number
        elif line == "}" and begin is not None:
            yield begin, number - begin + 1
            begin = None


def main():
    root = pathlib.Path(sys.argv[1])
    problems, lengths = [], []
    sources = [p for folder in ("src", "include", "contrib", "tests") for p in (root / folder).glob("**/*.[ch]")]
    sources += [p for p in (root / "web").glob("**/*.js") if "node_modules" not in p.parts]
    for path in sorted(sources):
        lines = path.read_text().splitlines()
        name = path.relative_to(root)
        if len(lines) > FILE:
            problems.append("%s: %d lines" % (name, len(lines)))
        if path.suffix != ".c":
            continue
        for number, length in functions(lines):
            lengths.append(length)
            if length > FUNCTION:
                problems.append("%s:%d: a function of %d lines" % (name, number, length))
    print("\n".join(problems))
    print("%d files; %d functions, half of them of at most %d lines, the longest of %d" % (
        len(sources), len(lengths), statistics.median(lengths), max(lengths)))
    raise SystemExit(bool(problems))


main()
