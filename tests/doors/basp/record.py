#!/usr/bin/env python3
"""Records what Truckee's nodes say to each other over BASP, for tests/doors/basp/recorded.

  record.py peers truckee_say_everything FOLDER/0.17-    every message type (tests/doors/basp/say_everything.cpp)
  record.py program truckee FOLDER/0.17-                 a gateway and its commands, a storage server and a client

Each connection becomes two files, PREFIX-NAME.to_server and .to_client: a relay stands between the nodes and writes down
each direction as it is. To make them again: build truckee_say_everything and truckee, with Debian's CAF (prefix 0.17-) and
with -DTRUCKEE_CAF_PREFIX (prefix 1.1-), delete the old files, and run both lines. Connections that carry nothing but the
server's handshake (a link looks whether a port answers before it connects) are not kept.
"""
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading


class Relay:
    """Forwards connections to a port of this machine, and keeps what went each way."""

    def __init__(self, target, prefix):
        self.target, self.prefix, self.count = target, prefix, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pumps = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(("127.0.0.1", self.target))
            kept = {"to_server": bytearray(), "to_client": bytearray()}
            pair = [threading.Thread(target=self.pump, args=(near, far, kept["to_server"])),
                    threading.Thread(target=self.pump, args=(far, near, kept["to_client"]))]
            for each in pair:
                each.start()
            self.pumps.append((pair, kept))

    @staticmethod
    def pump(source, sink, kept):
        try:
            while data := source.recv(65536):
                kept += data
                sink.sendall(data)
        except OSError:
            pass
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def write(self, name):
        """The connection that said something since the last call, as NAME."""
        for pair, kept in self.pumps:
            for each in pair:
                each.join()
            if kept["to_server"]:
                for way, data in kept.items():
                    pathlib.Path(f"{self.prefix}{name}.{way}").write_bytes(data)
        self.pumps = []


def peers(tool, prefix):
    process = subprocess.Popen([tool], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    relay = Relay(int(process.stdout.readline()), prefix)
    process.communicate(f"{relay.port}\n", timeout=120)
    relay.write("everything")
    return process.returncode


def program(truckee, prefix):
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = folder
        os.umask(0o077)

        def serve(*words):
            process = subprocess.Popen([truckee, *words, "--listen", "127.0.0.1:0"], text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            for line in process.stdout:
                if "listening on " in line:
                    return process, int(line.split("127.0.0.1:")[1].split()[0])
            raise RuntimeError("no port")

        def run(*words, text=""):
            return subprocess.run([truckee, *words], input=text, text=True, capture_output=True, check=True).stdout

        cap = f"{folder}/cap"
        gateway, port = serve("gateway")
        relay = Relay(port, prefix)
        by = ("--gateway", f"127.0.0.1:{relay.port}")
        pathlib.Path(cap).write_text(run(*by, "put", "-", text="Snow on the ridge.\n"))
        relay.write("put")
        for name, words in (("get", ("get",)), ("check", ("check",)), ("repair", ("repair",))):
            run(*by, *words, "--cap-file", cap)
            relay.write(name)
        run(*by, "status")
        relay.write("status")
        gateway.terminate()
        gateway.wait()

        storage, port = serve("storage", "--directory", f"{folder}/store")
        relay = Relay(port, prefix)
        grid = f"{folder}/grid.toml"
        pathlib.Path(grid).write_text("[encoding]\nneeded = 1\ntotal = 1\nhappy = 1\n\n"
                                      f"[[server]]\nname = \"alpha\"\ncaf = \"127.0.0.1:{relay.port}\"\n")
        pathlib.Path(cap).write_text(run("--grid", grid, "put", "-", text="Ice on the lake.\n"))
        relay.write("storage-put")
        run("--grid", grid, "get", "--cap-file", cap)
        relay.write("storage-get")
        storage.terminate()
        storage.wait()
    return 0


if __name__ == "__main__":
    what, tool, prefix = sys.argv[1:]
    sys.exit({"peers": peers, "program": program}[what](tool, prefix))
