"""The top level holds what it should and nothing else.  toplevel.py SOURCE_DIR"""

import pathlib
import subprocess
import sys

NEEDED = {"CMakeLists.txt", "README.md", "LICENSE", "src", "include", "web", "etc", "tests", "docs", "contrib"}


def names(root):
    """What is under version control, or what is there if that cannot be told."""
    try:
        listed = subprocess.run(["git", "-C", root, "ls-files"], check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return {p.name for p in pathlib.Path(root).iterdir() if not p.name.startswith("build")}
    return {line.split("/")[0] for line in listed.splitlines()}


def main():
    found = {name for name in names(sys.argv[1]) if not name.startswith(".")}
    for name in sorted(found - NEEDED):
        print("%s does not belong to the top level" % name)
    for name in sorted(NEEDED - found):
        print("%s is missing" % name)
    raise SystemExit(found != NEEDED)


main()
