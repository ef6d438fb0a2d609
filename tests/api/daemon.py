"""Starts the real flowviewerd for a test, asks it over HTTP, and stops it.

    with daemon.Daemon({"router_1": directory}) as d:
        d.wait_ingested()
        answer = d.get("/api/v1/report", report="source-ip").json()

The program is $FLOWVIEWERD (set by CMake). Every daemon has a data directory of its own, a free
port, and is ended by its own process id.
"""

import gzip
import http.client
import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

API = "/api/v1"
SKIPPED = 77


def program():
    return os.environ.get("FLOWVIEWERD", "")


def main():
    """unittest.main() that says 77 ("skipped") when there is no daemon to test."""
    if not os.access(program(), os.X_OK):
        print("skipped: FLOWVIEWERD names no program (%r)" % program())
        raise SystemExit(SKIPPED)
    unittest.main()


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def header(self, name):
        return self.headers.get(name)

    def text(self):
        body = self.body
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return body.decode("utf-8")

    def json(self):
        return json.loads(self.text())


class Daemon:
    def __init__(self, devices=None, extra="", arguments=(), directory=None, exporters=(),
                 environment=None, time_zone="UTC"):
        """devices: name -> directory of flow files. exporters: names of those that are
        directories of many exporters. extra: more lines of configuration. directory: where the
        data is kept (and left); None makes one that goes with the daemon."""
        self.devices = dict(devices or {})
        self.exporters = set(exporters)
        self.extra = extra
        self.arguments = list(arguments)
        self.environment = environment or {}
        self.time_zone = time_zone
        self.temporary = None
        if directory is None:
            self.temporary = directory = tempfile.mkdtemp(prefix="flowviewer-test-")
        self.directory = directory
        self.process = None
        self.port = None
        self.log = []
        self.lines = None
        self.reader = None

    # ---- life --------------------------------------------------------------------------

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.stop()
        self.remove()

    def config(self):
        lines = ["listen on 127.0.0.1 port 0",
                 'data-directory "%s"' % os.path.join(self.directory, "data"),
                 'time-zone "%s"' % self.time_zone]
        for name, directory in sorted(self.devices.items()):
            lines.append('device %s %sdirectory "%s"' % (
                name, "exporters " if name in self.exporters else "", directory))
        if self.extra:
            lines.append(self.extra)
        return "\n".join(lines) + "\n"

    def write_config(self):
        os.makedirs(os.path.join(self.directory, "data"), exist_ok=True)
        for directory in self.devices.values():
            os.makedirs(directory, exist_ok=True)
        path = os.path.join(self.directory, "flowviewerd.conf")
        with open(path, "w", encoding="utf-8") as out:
            out.write(self.config())
        return path

    def start(self, timeout=120):
        config = self.write_config()
        self.lines = queue.Queue()
        self.process = subprocess.Popen(
            [program(), "-d", "-f", config] + self.arguments, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
            env=dict(os.environ, **self.environment))
        self.reader = threading.Thread(target=self._read_log, daemon=True)
        self.reader.start()
        ready = self.wait_log(r"ready http://.*:(\d+)/", timeout)
        self.port = int(ready.group(1))
        return self

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line)
            self.lines.put(line)
        self.process.stderr.close()
        self.lines.put(None)

    def wait_log(self, pattern, timeout=30):
        """The match of the next log line like pattern."""
        end = time.monotonic() + timeout
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError("flowviewerd did not say %r; its log:\n%s" % (
                    pattern, "".join(self.log[-50:])))
            found = re.search(pattern, line)
            if found:
                return found

    def stop(self, expected=0, timeout=20):
        """End it as init would; an exit code other than expected (None: any) is a failure."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._wait(expected, timeout)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self._wait(None, 20)

    def _wait(self, expected, timeout):
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("flowviewerd did not stop; its log:\n" + "".join(self.log[-50:]))
        self.reader.join(timeout=5)
        self.process = None
        if expected is not None and code != expected:
            raise AssertionError("flowviewerd ended with %d; its log:\n%s" % (
                code, "".join(self.log[-50:])))
        return code

    def remove(self):
        if self.temporary:
            shutil.rmtree(self.temporary, ignore_errors=True)

    # ---- HTTP --------------------------------------------------------------------------

    def url(self, path, params=None):
        if params:
            path += "?" + urllib.parse.urlencode(params, doseq=True)
        return path

    def request(self, method, path, headers=None, timeout=60, body=None, **params):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, self.url(path, params), body=body, headers=headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path, **params):
        return self.request("GET", path, **params)

    def api(self, path, **params):
        """JSON of a path below /api/v1 that must succeed."""
        answer = self.get(API + path, **params)
        if answer.status != 200:
            raise AssertionError("%s %s: %d %s" % (path, params, answer.status, answer.text()))
        return answer.json()

    def socket(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)

    def status(self):
        return self.api("/status")

    def wait_ingested(self, files=None, timeout=120):
        """Until ingest is idle with an empty queue (and at least so many files are dealt with)."""
        return self.wait_until(lambda: self._ingested(files), timeout, "ingest to be idle")

    def _ingested(self, files):
        status = self.status()
        ingest = status["ingest"]
        if ingest["queue"] != 0 or not ingest["idle"]:
            return None
        known = sum(d["stored_files"] + d["damaged_files"] + d["failed_files"]
                    for d in status["devices"])
        return status if files is None or known >= files else None

    def wait_until(self, condition, timeout=60, what="a condition"):
        """The first true value of condition()."""
        end = time.monotonic() + timeout
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError("waited %d s for %s; log:\n%s" % (
                    timeout, what, "".join(self.log[-50:])))
            time.sleep(0.05)
