"""The daemon as a process: options, the line that says it is ready, signals, the lock."""

import glob
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import daemon
import flowfile

STOP_SECONDS = 5 + 1  # what is promised, and a second for a machine with much to do


def run(*arguments, timeout=60):
    return subprocess.run([daemon.program(), *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=timeout)


class Scratch(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="flowviewer-main-")
        self.addCleanup(shutil.rmtree, self.directory)

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def write(self, text, name="flowviewerd.conf"):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        return self.path(name)

    def minimal(self, extra="", port=0):
        return self.write('listen on 127.0.0.1 port %d\ndata-directory "%s"\n%s' % (
            port, self.path("data"), extra))

    def device(self, name, flows=3):
        """A directory of flow files, as the line of the configuration that names it."""
        directory = self.path("flows", name)
        os.makedirs(directory)
        now = int(time.time()) // 300 * 300 - 900
        flowfile.write_tree(directory, [flowfile.flow(now + i) for i in range(flows)])
        return 'device %s directory "%s"\n' % (name, directory)

    def start(self):
        """The daemon with the configuration written before, when it is ready."""
        process = subprocess.Popen([daemon.program(), "-d", "-f", self.path("flowviewerd.conf")],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for line in process.stdout:
            if line.startswith("ready http://127.0.0.1:"):
                return process
        raise AssertionError("ended with %s" % process.wait())


class Options(Scratch):
    def test_a_right_file(self):
        done = run("-n", "-f", self.minimal())
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", "configuration OK\n"))

    def test_flags_in_one_word(self):
        done = run("-dvnf" + self.minimal())
        self.assertEqual((done.returncode, done.stderr), (0, "configuration OK\n"))

    def test_a_wrong_file(self):
        path = self.minimal("devise a\ningest poll perhaps\n")
        done = run("-n", "-f", path)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, (
            '%s:3: unknown directive "devise": expected perhaps "device"\n'
            '%s:4: ingest poll: "perhaps" is wrong: expected yes or no\n') % (path, path))

    def test_an_unknown_zone(self):
        path = self.minimal('time-zone "Europe/Nowhere"\n')
        done = run("-n", "-f", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("%s:3: time-zone: " % path, done.stderr)
        self.assertIn("Europe/Nowhere", done.stderr)

    def test_no_file(self):
        done = run("-n", "-f", self.path("none"))
        self.assertEqual((done.returncode, done.stderr),
                         (1, "open %s: No such file or directory\n" % self.path("none")))

    def test_a_check_leaves_nothing_behind(self):
        run("-n", "-f", self.minimal())
        self.assertEqual(os.listdir(self.directory), ["flowviewerd.conf"])

    def test_wrong_options(self):
        for arguments, problem in ((["-x"], "unknown option -x"), (["-f"], "option -f needs a value"),
                                   (["--webdir"], "unknown option --webdir"),
                                   (["--web-dir"], "option --web-dir needs a value"),
                                   (["more"], 'unexpected argument "more"')):
            done = run(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertTrue(done.stderr.startswith("flowviewerd: %s\nusage: " % problem), done.stderr)

    def test_version_and_help(self):
        self.assertRegex(run("--version").stdout, r"^flowviewerd \d+\.\d+\.\d+\n$")
        self.assertTrue(run("--help").stdout.startswith("usage: flowviewerd "))

    def test_pages_from_a_directory(self):
        web = self.path("web")
        os.mkdir(web)
        with open(os.path.join(web, "viewer.html"), "w", encoding="utf-8") as out:
            out.write("my own page")
        for option in (["--web-dir", web], ["--web-dir=" + web]):
            with daemon.Daemon(arguments=option) as d:
                self.assertEqual(d.get("/viewer").text(), "my own page")


class Start(Scratch):
    def test_one_ready_line(self):
        with daemon.Daemon() as d:
            self.assertEqual(d.get("/api/v1/healthz").status, 200)
            d.stop()
            ready = [line for line in d.log if line.startswith("ready ")]
            self.assertEqual(ready, ["ready http://127.0.0.1:%d/\n" % d.port])

    def test_the_data_directory_is_made_and_private(self):
        self.minimal()
        self.start()
        self.assertEqual(os.stat(self.path("data")).st_mode & 0o7777, 0o750)
        for name in os.listdir(self.path("data")):
            self.assertEqual(os.stat(self.path("data", name)).st_mode & 0o007, 0, name)

    def test_a_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = run("-d", "-f", self.minimal(port=port))
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(port), done.stderr.splitlines()[-1])
        self.assertIn("in use", done.stderr.splitlines()[-1])

    def test_two_on_one_data_directory(self):
        self.minimal()
        first = self.start()
        done = run("-d", "-f", self.path("flowviewerd.conf"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("another flowviewerd (process %d) uses \"%s\"" % (first.pid, self.path("data")), done.stderr)
        first.terminate()
        self.assertEqual(first.wait(20), 0)
        self.start()

    def test_a_data_directory_that_cannot_be(self):
        self.write("", "file")
        done = run("-d", "-f", self.write('data-directory "%s"\n' % self.path("file")))
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not a directory", done.stderr)
        done = run("-d", "-f", self.write('data-directory "%s"\n' % self.path("no", "such")))
        self.assertEqual(done.returncode, 1)
        self.assertIn("No such file or directory", done.stderr)

    def test_the_background(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        done = run("-f", os.path.relpath(self.minimal(port=port)))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        again = run("-f", self.path("flowviewerd.conf"))
        found = re.match(r"flowviewerd: another flowviewerd \(process (\d+)\) uses ", again.stderr)
        self.assertTrue(found, again.stderr)
        self.assertEqual(again.returncode, 1)
        pid = int(found.group(1))
        with socket.create_connection(("127.0.0.1", port), timeout=10):
            pass
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.05)
        self.fail("process %d did not end" % pid)

    def test_the_service_manager_is_told(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            notices.bind(self.path("notify"))
            notices.settimeout(30)
            environment = {"NOTIFY_SOCKET": self.path("notify"), "WATCHDOG_USEC": "3000000"}
            with daemon.Daemon(environment=environment) as d:
                self.assertEqual(notices.recv(100), b"READY=1")
                self.assertEqual(notices.recv(100), b"WATCHDOG=1")
                d.stop()
                last = b"WATCHDOG=1"
                while last == b"WATCHDOG=1":
                    last = notices.recv(100)
                self.assertEqual(last, b"STOPPING=1")


class Signals(Scratch):
    def test_both_signals_end_it(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with daemon.Daemon() as d:
                d.process.send_signal(number)
                self.assertEqual(d.stop(timeout=STOP_SECONDS), 0)

    def test_it_ends_while_connections_are_open(self):
        with daemon.Daemon() as d:
            with d.socket() as idle, d.socket() as half:
                half.sendall(b"GET /api/v1/status HTTP/1.1\r\nHo")
                d.get("/api/v1/healthz")
                self.assertEqual(d.stop(timeout=STOP_SECONDS), 0)
                self.assertEqual(idle.recv(1), b"")

    def test_a_writer_that_is_gone_does_not_end_it(self):
        with daemon.Daemon() as d:
            os.kill(d.process.pid, signal.SIGPIPE)
            self.assertEqual(d.get("/api/v1/healthz").status, 200)

    def names(self, d):
        return sorted(x["name"] for x in d.status()["devices"] if x["configured"])

    def test_devices_come_and_go_with_a_reload(self):
        first, second = self.device("first"), self.device("second")
        with daemon.Daemon(extra=first, directory=self.path()) as d:
            d.wait_ingested(1)
            self.assertEqual(self.names(d), ["first"])
            d.extra = second
            d.write_config()
            d.process.send_signal(signal.SIGHUP)
            d.wait_log("read again")
            d.wait_until(lambda: self.names(d) == ["second"], what="the new device")
            d.wait_until(lambda: [x["flows"] for x in d.status()["devices"] if x["name"] == "second"] == [3],
                         what="its flows")

    def test_a_bad_file_changes_nothing(self):
        with daemon.Daemon(extra=self.device("first"), directory=self.path()) as d:
            d.extra = "device second\nquery memory none\n"
            d.write_config()
            d.process.send_signal(signal.SIGHUP)
            path = self.path("flowviewerd.conf")
            d.wait_log(re.escape(path) + r':4: device: expected "directory" at the end of the line')
            d.wait_log(re.escape(path) + r":5: query memory: ")
            d.wait_log("the old configuration stays")
            self.assertEqual(self.names(d), ["first"])

    def test_what_needs_a_restart_is_said(self):
        with daemon.Daemon(extra=self.device("first"), directory=self.path()) as d:
            d.extra += 'query memory 1G\ndevice far directory "%s"\n' % tempfile.gettempdir()
            d.write_config()
            d.process.send_signal(signal.SIGHUP)
            d.wait_log("query memory: a restart is needed")
            d.wait_log("device far: .* is out of the running daemon's reach")
            d.wait_log("read again")


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class Privileges(Scratch):
    USER = "nobody"

    def test_another_user_makes_its_files(self):
        os.chmod(self.directory, 0o755)
        self.minimal('user "%s"\n' % self.USER)
        process = self.start()
        wanted = pwd.getpwnam(self.USER).pw_uid
        made = glob.glob(self.path("data", "**"), recursive=True)
        self.assertGreater(len(made), 2)
        self.assertEqual({os.stat(name).st_uid for name in made}, {wanted})
        if os.path.isdir("/proc/%d" % process.pid):
            with open("/proc/%d/status" % process.pid, encoding="ascii") as status:
                uids = re.search(r"^Uid:\s+(.*)$", status.read(), re.M).group(1).split()
            self.assertEqual(set(uids), {str(wanted)})

    def test_another_user_reads_flows(self):
        os.chmod(self.directory, 0o755)
        os.mkdir(self.path("data"))
        os.chown(self.path("data"), pwd.getpwnam(self.USER).pw_uid, -1)
        with daemon.Daemon(extra=self.device("first") + 'user "%s"\n' % self.USER, directory=self.path()) as d:
            d.wait_ingested(1)
            self.assertEqual(d.status()["devices"][0]["flows"], 3)

    def test_a_data_directory_of_somebody_else(self):
        os.chmod(self.directory, 0o755)
        os.mkdir(self.path("data"), 0o755)
        done = run("-d", "-f", self.minimal('user "%s"\n' % self.USER))
        self.assertEqual(done.returncode, 1)
        self.assertIn("may not write there", done.stderr)

    def test_a_user_that_is_none(self):
        done = run("-d", "-f", self.minimal('user "no-such-user"\n'))
        self.assertEqual(done.returncode, 1)
        self.assertIn("no-such-user", done.stderr)


class Sandbox(Scratch):
    def test_a_device_that_appears_later(self):
        """Its directory is not there at the start: it is found when it comes."""
        line = self.device("late")
        os.rename(self.path("flows", "late"), self.path("away"))
        with daemon.Daemon(extra="ingest rescan 1s\n" + line, directory=self.path()) as d:
            self.assertFalse(d.status()["devices"][0]["readable"])
            os.rename(self.path("away"), self.path("flows", "late"))
            d.wait_ingested(1)
            self.assertTrue(d.wait_until(lambda: d.status()["devices"][0]["flows"] == 3, what="the flows"))


if __name__ == "__main__":
    daemon.main()
