#!/usr/bin/env python3
"""The status page as a person sees it: a real grid with a slow and a dead server, a real gateway, a real browser."""
import json
import os
import pathlib
import queue
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from web_driver import Browser

NAMES = ["alder", "birch", "cedar", "elm", "fir", "larch", "maple", "pine"]
SLOW, DEAD = "elm", "larch"
GRID = "[encoding]\nneeded = 3\ntotal = 10\nhappy = 6\n\n[limits]\nserver-deadline-seconds = 60\nkeys-ready = 1\n"


def wait_until(what, condition, longest=60):
    end = time.monotonic() + longest
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("never came true: " + what)


class Proxy:
    """Brings bytes to a port and back; holds those for the server while `open` is not set."""

    def __init__(self, to):
        self.to, self.open = to, threading.Event()
        self.open.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(self.to)
            threading.Thread(target=self.carry, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.carry, args=(server, client, False), daemon=True).start()

    def carry(self, source, sink, held):
        try:
            while data := source.recv(65536):
                if held:
                    self.open.wait()
                sink.sendall(data)
        except OSError:
            pass
        for each in (source, sink):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Grid:
    def __init__(self, program, folder):
        self.program, self.folder, self.started = program, folder, {}
        self.environment = dict(os.environ, XDG_DATA_HOME=str(folder / "data"), HOME=str(folder))
        text = GRID
        for name in NAMES:
            if name == DEAD:
                spare = socket.create_server(("127.0.0.1", 0))
                at = "127.0.0.1:%d" % spare.getsockname()[1]
                spare.close()  # nobody listens there
            else:
                at = self.start(name, ["storage", "--directory", str(folder / name), "--listen", "127.0.0.1:0"], "listening on ")
            if name == SLOW:
                host, port = at.split(":")
                self.proxy = Proxy((host, int(port)))
                at = self.proxy.address
            text += '\n[[server]]\nname = "%s"\ncaf = "%s"\n' % (name, at)
        (folder / "grid.toml").write_text(text + '\n[status]\nlisten = "127.0.0.1:0"\n')
        said = {}
        self.gateway = self.start("gateway", ["--grid", str(folder / "grid.toml"), "gateway", "--listen", "127.0.0.1:0"],
                                  "listening on ", said)
        self.page = said["status: "]

    def start(self, name, words, wanted, others=None):
        """Starts a program; what it says behind `wanted`."""
        child = subprocess.Popen([self.program, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 env=self.environment)
        self.started[name] = child
        lines = queue.Queue()
        threading.Thread(target=lambda: [lines.put(x) for x in child.stdout], daemon=True).start()
        while True:
            line = lines.get(timeout=60).strip()
            if others is not None and line.startswith("status: "):
                others["status: "] = line[len("status: "):].rstrip("/")
            if line.startswith(wanted):
                return line[len(wanted):].split(" ")[0]

    def put(self, size, cap=None):
        content = self.folder / "content"
        content.write_bytes(os.urandom(size))
        words = [self.program, "put", str(content), "--gateway", self.gateway] + (["--cap-file", cap] if cap else [])
        return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment)

    def api(self, path):
        with urllib.request.urlopen(self.page + path, timeout=30) as answer:
            return json.load(answer)

    def close(self):
        self.proxy.open.set()
        for child in self.started.values():
            child.kill()
            child.wait()


class Test:
    def __init__(self, grid, browser, keep):
        self.grid, self.browser, self.keep = grid, browser, keep

    def text(self, selector="main"):
        return self.browser.run("return document.querySelector(%s)?.innerText ?? ''" % json.dumps(selector))

    def look(self, name, width=1200, colours="light", height=3000):
        """A screenshot, and what must hold of every page."""
        self.browser.width(width)
        self.browser.colours(colours)
        wide = self.browser.run("return document.documentElement.scrollWidth")
        assert wide <= width, "%s: the page is %d wide on %d pixels" % (name, wide, width)
        picture = self.browser.picture(width, height)
        assert len(picture) < 150_000, "%s: %d bytes" % (name, len(picture))
        if self.keep:
            (self.keep / ("status-%s.png" % name)).write_bytes(picture)
        self.browser.width(1200)
        self.browser.colours("light")

    def run(self):
        grid, browser = self.grid, self.browser
        made = grid.put(200_000)
        cap_text, said = made.communicate(timeout=120)
        assert made.returncode == 0, said
        cap = grid.folder / "cap"
        cap.write_text(cap_text)

        # Held by the slow server: running, with its progress, until it is let go.
        grid.proxy.open.clear()
        put = grid.put(3_000_000, str(cap))
        running = wait_until("a running publish", lambda: grid.api("/api/status")["running"])
        number = running[0]["operation"]
        browser.go(grid.page + "/")
        wait_until("the publish on the overview", lambda: "publish %d" % number in self.text("#running"))
        self.check_secrets(cap_text)
        browser.go(grid.page + "/operations/%d" % number)
        browser.run("window.sameDocument = true")
        # The map waits for the slow server as well.
        time.sleep(0.5)
        self.look("running-map")
        grid.proxy.open.set()
        put.wait(120)
        wait_until("the end, without loading again", lambda: "finished" in self.text("#title"))
        assert browser.run("return window.sameDocument") is True
        assert "unreachable" in self.text("#servers"), self.text("#servers")

        self.slow_first_publish()
        self.failed_publish(str(cap), cap_text)
        self.without_script()
        complaints = browser.complaints()
        assert not complaints, complaints

    def slow_first_publish(self):
        """A new file has no map: its shares are sent at once, and one server takes its time."""
        grid, browser = self.grid, self.browser
        wait_until("a key", lambda: grid.api("/api/status")["keys_ready"] > 0)
        grid.proxy.open.clear()
        put = grid.put(3_000_000)
        number = wait_until("a running publish", lambda: grid.api("/api/status")["running"])[0]["operation"]
        browser.go(grid.page + "/operations/%d" % number)
        browser.run("window.sameDocument = true")
        wait_until("the share under way", lambda: re.search(r"outstanding: [1-9]", self.text("#picture")))
        wait_until("the others placed", lambda: "placed: 8" in self.text("#picture") or "placed: 9" in self.text("#picture"))
        before = browser.run("return document.querySelector('#now progress').value")
        assert 0 < before < 100, before
        took = self.text("#facts")
        wait_until("time that moves", lambda: self.text("#facts") != took)
        dead = self.text("#servers")
        assert re.search(DEAD + r"\s+unreachable", dead), dead
        self.look("light")
        self.look("dark", colours="dark")
        self.look("phone", width=390)
        browser.go(grid.page + "/")
        self.look("overview")
        self.look("overview-phone", width=390, colours="dark")
        browser.go(grid.page + "/operations/%d" % number)
        browser.run("window.sameDocument = true")
        grid.proxy.open.set()
        out, err = put.communicate(timeout=120)
        assert put.returncode == 0, err
        wait_until("the end", lambda: "finished" in self.text("#title"))
        assert browser.run("return window.sameDocument") is True, "the page was loaded again"
        assert browser.run("return document.querySelector('#now progress').value") == 100
        assert "outstanding: 0" in self.text("#picture")
        self.check_secrets(out)

    def failed_publish(self, cap, cap_text):
        grid, browser = self.grid, self.browser
        for name in ("alder", "birch", "cedar"):
            grid.started[name].kill()
            grid.started[name].wait()
        put = grid.put(100_000, cap)
        put.communicate(timeout=120)
        assert put.returncode == 4, put.returncode
        newest = grid.api("/api/status")["recent"][0]
        assert newest["outcome"] == "not_enough_servers", newest
        browser.go(grid.page + "/operations/%d" % newest["operation"])
        assert "not enough servers" in self.text("#title")
        assert "running" not in self.text("#title")
        self.look("failed", width=900, height=1400)
        self.check_secrets(cap_text)
        browser.go(grid.page + "/")
        wait_until("servers that are away", lambda: self.text("#servers").count("unreachable") >= 4)

    def without_script(self):
        self.browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
        self.browser.go(self.grid.page + "/")
        tree = self.browser.call("POST", "/element", {"using": "css selector", "value": "#recent"})
        shown = self.browser.call("GET", "/element/%s/text" % next(iter(tree.values())))
        assert "not enough servers" in shown, shown
        self.browser.devtools("Emulation.setScriptExecutionDisabled", value=False)

    def check_secrets(self, cap_text):
        for secret in cap_text.strip().split(":")[2:]:
            assert secret not in self.browser.run("return document.documentElement.outerHTML")


def main():
    program = sys.argv[1]
    if not shutil.which("chromedriver"):
        print("there is no chromedriver: ./dev test installs it")
        sys.exit(77)
    keep = pathlib.Path(sys.argv[sys.argv.index("--keep") + 1]) if "--keep" in sys.argv else None
    with tempfile.TemporaryDirectory(prefix="truckee-grid-") as folder:
        browser = Browser()
        try:
            grid = Grid(program, pathlib.Path(folder))
            try:
                Test(grid, browser, keep).run()
            finally:
                grid.close()
        finally:
            browser.close()


if __name__ == "__main__":
    main()
