#!/usr/bin/env python3
"""Prints how the daemon stands 64 clients (the build target "load"; needs wrk).

    load.py [SECONDS]

Starts the daemon of $FLOWVIEWERD on sample flows and lets wrk ask for /status and for a small
report, then for /status while long queries run. Exit code 1 if there was any error.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "api"))

import daemon  # noqa: E402
import flowfile  # noqa: E402
import sample  # noqa: E402
import test_load  # noqa: E402

CONNECTIONS = 64


def wrk(d, name, path, seconds):
    """One run; prints a line and returns the number of errors."""
    out = subprocess.run(["wrk", "-t2", "-c%d" % CONNECTIONS, "-d%ds" % seconds, "--latency", "--timeout", "30s",
                          "http://127.0.0.1:%d%s" % (d.port, path)], check=True, capture_output=True, text=True).stdout
    latency = dict(re.findall(r"^\s+(50|90|99)%\s+(\S+)", out, re.M))
    rate = re.search(r"Requests/sec:\s+(\S+)", out).group(1)
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    sockets = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    errors = int(bad.group(1)) if bad else 0
    errors += sum(map(int, sockets.groups())) if sockets else 0
    print("%-34s %10d requests %10s /s   p50 %9s  p90 %9s  p99 %9s   errors %d" % (
        name, requests, rate, latency.get("50"), latency.get("90"), latency.get("99"), errors), flush=True)
    return errors


def keep_busy(d, stop, done):
    """Long queries, four at a time, until told to stop."""
    def ask():
        while not stop.is_set():
            if d.get("/api/v1/report", timeout=300, **test_load.HEAVY).status == 200:
                done.append(1)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for t in threads:
        t.start()
    return threads


def measure(directory, seconds):
    small, big = (os.path.join(directory, name) for name in ("small", "big"))
    flowfile.write_tree(small, sample.flows(20000))
    test_load.big_files(big)
    with daemon.Daemon({"small": small, "big": big}) as d:
        d.wait_ingested(test_load.FILES)
        errors = wrk(d, "/api/v1/status", "/api/v1/status", seconds)
        errors += wrk(d, "/viewer", "/viewer", seconds)
        report = "/api/v1/report?device=small&report=9&lines=10"
        errors += wrk(d, "small report (20,000 flows)", report, seconds)
        stop, done = threading.Event(), []
        threads = keep_busy(d, stop, done)
        errors += wrk(d, "/api/v1/status, long queries beside", "/api/v1/status", seconds)
        stop.set()
        for t in threads:
            t.join()
        print("long queries answered meanwhile: %d; resident memory %d MiB" % (
            len(done), d.status()["memory_bytes"] >> 20))
        return errors


def main():
    if shutil.which("wrk") is None:
        print("wrk is not installed (Debian: apt install wrk)")
        return 1
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    with tempfile.TemporaryDirectory(prefix="flowviewer-wrk-") as directory:
        return 1 if measure(directory, seconds) else 0


if __name__ == "__main__":
    sys.exit(main())
