"""contrib/demo.sh, with the build that is there: it gets ready, stops cleanly, and starts again."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.request

import daemon

BUILD = os.path.dirname(daemon.program())
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def usable_build():
    """demo.sh would build for minutes: it is given this build instead, if it is one of its kind."""
    return os.path.exists(os.path.join(BUILD, "build.ninja")) and shutil.which("ninja") is not None


@unittest.skipUnless(usable_build(), "the build is not one of ninja")
class Demo(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="flowviewer-demo-")
        self.addCleanup(shutil.rmtree, self.directory)
        os.symlink(BUILD, os.path.join(self.directory, "build"))

    def start(self, port=0):
        """Its own process group stands for what a terminal would signal."""
        process = subprocess.Popen(
            ["sh", os.path.join(SOURCE, "contrib", "demo.sh"), "--port", str(port), "--dir", self.directory],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True, env=dict(os.environ, FLOWVIEWER_DEMO_FLOWS="20000"))
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def ready(self, process):
        said = []
        for line in process.stdout:
            said.append(line)
            found = re.match(r"ready: (http://127\.0\.0\.1:\d+/)$", line)
            if found:
                return found.group(1)
        for name in ("build.log", "flowviewerd.log"):
            path = os.path.join(self.directory, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8") as log:
                    said.append("%s:\n%s" % (name, log.read()[-2000:]))
        raise AssertionError("ended with %s\n%s" % (process.wait(), "".join(said)))

    def assert_all_gone(self, process, url):
        with self.assertRaises(ProcessLookupError):
            os.killpg(process.pid, 0)
        port = int(url.rstrip("/").rsplit(":", 1)[1])
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)

    def devices(self, url):
        with urllib.request.urlopen(url + "api/v1/status", timeout=30) as answer:
            return {d["name"] for d in json.load(answer)["devices"]}

    def test_ready_then_control_c_then_again(self):
        process = self.start()
        url = self.ready(process)
        self.assertEqual(self.devices(url), {"core_1", "edge_2"})
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(20), 0)
        self.assert_all_gone(process, url)
        process = self.start()
        url = self.ready(process)
        process.terminate()
        self.assertEqual(process.wait(20), 0)
        self.assert_all_gone(process, url)

    def test_a_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            process = self.start(taken.getsockname()[1])
            said, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1)
        self.assertIn("in use", said)
        self.assertIn("--port N chooses another port", said)
        with self.assertRaises(ProcessLookupError):
            os.killpg(process.pid, 0)


class Arguments(unittest.TestCase):
    def test_wrong_ones(self):
        for arguments, said in ((["--port", "x"], "expected a number"), (["--port", "99999"], "expected a number"),
                                (["--port"], "usage:"), (["--what"], "usage:")):
            done = subprocess.run(["sh", os.path.join(SOURCE, "contrib", "demo.sh"), *arguments],
                                  capture_output=True, text=True, timeout=60)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(said, done.stderr)


if __name__ == "__main__":
    daemon.main()
