"""Imports go one way, down.  imports.py SOURCE_DIR

A room includes the doors (include/flowviewer/ROOM.h) of the rooms that its line in
CMakeLists.txt names, and private headers of its own folder only. Differences between operating
systems are in src/os alone.
"""

import pathlib
import re
import sys

# design.md's floors: a room stands above all rooms that it uses.
FLOORS = {"base": 0, "os": 0, "flowtools": 1, "db": 1, "names": 1, "filter": 2, "store": 2,
          "ingest": 3, "query": 4, "reports": 5, "tracker": 5, "graph": 5, "http": 6, "main": 7}
SECOND_DOORS = {"flow": "base", "catalog": "store"}
SYSTEMS = re.compile(r"^\s*#\s*(?:el)?if.*(__linux__|__OpenBSD__|__FreeBSD__|__NetBSD__|__APPLE__|"
                     r"__unix__|_GNU_SOURCE|_BSD_SOURCE|BSD4_4)")
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')


def table(root):
    """room -> rooms whose doors it may use, as CMakeLists.txt says."""
    uses = {}
    for room, rest in re.findall(r"^fv_room\((\w+)([^)]*)\)", (root / "CMakeLists.txt").read_text(), re.M):
        uses[room] = set(rest.replace("USES", "").split())
    uses["main"] = set(uses)
    return uses


def check_floors(uses):
    for room, used in uses.items():
        if room not in FLOORS:
            yield "CMakeLists.txt: room %s stands on no floor" % room
            continue
        for other in used:
            level = FLOORS.get(other, 99)
            # os stands beside base and may use it.
            if level >= FLOORS[room] and (room, other) != ("os", "base"):
                yield "CMakeLists.txt: %s (floor %d) uses %s (floor %d)" % (room, FLOORS[room], other, level)


def check_include(name, room, uses):
    """What is wrong with an include of that name in that room (None: nothing)."""
    folder, _, rest = name.partition("/")
    if folder == "flowviewer":
        door = rest.removesuffix(".h")
        owner = SECOND_DOORS.get(door, door)
        if owner == room or owner in uses[room]:
            return None
        return "%s may not use the room %s" % (room, owner)
    if folder in uses and rest and folder != room:
        return "%s is private to the room %s" % (name, folder)
    return None


def check_file(path, root, room, uses):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = "%s:%d" % (path.relative_to(root), number)
        found = INCLUDE.match(line)
        wrong = check_include(found.group(1), room, uses) if found else None
        if wrong:
            yield "%s: %s" % (where, wrong)
        if room != "os" and SYSTEMS.match(line):
            yield "%s: differences of operating systems belong into src/os" % where


def main():
    root = pathlib.Path(sys.argv[1])
    uses = table(root)
    problems = list(check_floors(uses))
    files = 0
    for folder in sorted((root / "src").iterdir()):
        if folder.name not in uses:
            problems.append("src/%s is no room of CMakeLists.txt" % folder.name)
            continue
        for path in sorted(folder.glob("**/*.[ch]")):
            files += 1
            problems += check_file(path, root, folder.name, uses)
    for door in sorted((root / "include/flowviewer").glob("*.h")):
        room = SECOND_DOORS.get(door.stem, door.stem)
        if room not in uses:
            problems.append("%s is the door of no room" % door.relative_to(root))
            continue
        files += 1
        problems += check_file(door, root, room, uses)
    print("\n".join(problems))
    print("%d files, %d imports that go the wrong way" % (files, len(problems)))
    raise SystemExit(bool(problems) or files == 0)


main()
