"""Each header compiles alone, and twice.  headers.py SOURCE_DIR; CC and CFLAGS say how."""

import os
import pathlib
import shlex
import subprocess
import sys


def check(compiler, root, header):
    """The compiler's complaint, or ''."""
    text = '#include "%s"\n' % header
    result = subprocess.run(
        compiler + ["-I", str(root / "include"), "-I", str(root / "src"), "-x", "c", "-"],
        input=text + text, capture_output=True, text=True)
    return result.stderr if result.returncode != 0 else ""


def main():
    root = pathlib.Path(sys.argv[1])
    compiler = [os.environ.get("CC", "cc"), *shlex.split(os.environ.get("CFLAGS", "")),
                "-std=c11", "-Wall", "-Wextra", "-Werror", "-D_POSIX_C_SOURCE=200809L",
                "-D_XOPEN_SOURCE=700", "-fsyntax-only"]
    headers = [str(p.relative_to(root / "include")) for p in root.glob("include/flowviewer/*.h")]
    headers += [str(p.relative_to(root / "src")) for p in root.glob("src/*/*.h")]
    if not headers:
        raise SystemExit("no headers found in %s" % root)
    failed = 0
    for header in sorted(headers):
        complaint = check(compiler, root, header)
        if complaint:
            failed += 1
            print("%s does not compile alone:\n%s" % (header, complaint))
    print("%d headers, %d do not compile alone and twice" % (len(headers), failed))
    raise SystemExit(failed > 0)


main()
