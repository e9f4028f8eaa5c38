#!/usr/bin/env python3
"""Updates and reads over the network: ten storage processes and a gateway, each connection with mutual TLS (--plain: none).

network_bench.py [--plain] [--rounds N] [--place DIRECTORY] [PROGRAM ...]

Each PROGRAM is a truckee; each has a grid of its own, all run at once, and every round asks each of them in turn, so that what
disturbs the machine disturbs all. Medians; "update" is what the gateway says that it took, "read" a whole `truckee get`. The last
column is the first program's time over the last one's.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

SERVERS = 10
SIZES = {"1 KiB": 1 << 10, "64 KiB": 64 << 10, "1 MiB": 1 << 20, "16 MiB": 16 << 20}


class Grid:
    """Ten storage processes and a gateway of one program, below one folder."""

    def __init__(self, program, place, tls):
        self.program, self.place, self.tls, self.running = program, place, tls, []
        self.environment = dict(os.environ, XDG_DATA_HOME=str(place / "home"), HOME=str(place))
        place.mkdir(parents=True)
        if tls:
            names = [f"s{i}" for i in range(SERVERS)] + ["gateway", "client"]
            subprocess.run([program, "certs", "certs", *names], cwd=place, env=self.environment, check=True, stdout=subprocess.DEVNULL)
        lines = ["[encoding]", "needed = 3", "total = 10", "happy = 7", ""]
        for i in range(SERVERS):
            address = self.start(["storage", "--directory", f"store{i}", "--listen", "127.0.0.1:0"], f"s{i}")
            lines += ["[[server]]", f'name = "s{i}"', f'caf = "{address}"', ""]
        (place / "grid.toml").write_text("\n".join(lines))
        self.gateway = self.start(["--grid", "grid.toml", "gateway", "--listen", "127.0.0.1:0"], "gateway")

    def tls_words(self, name):
        return ["--ca", "certs/ca.pem", "--cert", f"certs/{name}.pem", "--key", f"certs/{name}.key"] if self.tls else []

    def start(self, words, name):
        log = open(self.place / f"{name}.log", "w+")
        process = subprocess.Popen([self.program, *words, *self.tls_words(name)], cwd=self.place, env=self.environment, stdout=log, stderr=log)
        self.running.append(process)
        for _ in range(600):
            for line in (self.place / f"{name}.log").read_text().splitlines():
                if "listening on " in line:
                    return line.split("listening on ")[1].split()[0]
            if process.poll() is not None:
                break
            time.sleep(0.05)
        sys.exit(f"{self.program} {' '.join(words)}: " + (self.place / f"{name}.log").read_text())

    def ask(self, words, **more):
        words = [self.program, *self.tls_words("client"), "--gateway", self.gateway, *words]
        return subprocess.run(words, cwd=self.place, env=self.environment, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **more).stdout

    def create(self, size):
        content = self.place / f"content{size}"
        content.write_bytes(os.urandom(size))
        cap = json.loads(self.ask(["put", "--json", str(content)]))["write_cap"]
        (self.place / f"cap{size}").write_text(cap + "\n")

    def update(self, size):
        said = json.loads(self.ask(["put", "--json", "--cap-file", f"cap{size}", f"content{size}"]))
        return sum(said["stages_seconds"].values())

    def read(self, size):
        begun = time.monotonic()
        got = self.ask(["get", "--cap-file", f"cap{size}"])
        took = time.monotonic() - begun
        assert got == (self.place / f"content{size}").read_bytes()
        return took

    def stop(self):
        for process in reversed(self.running):
            process.terminate()
        for process in self.running:
            process.wait(30)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--plain", action="store_true")
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--place", default=None)
    arguments.add_argument("program", nargs="*", default=[str(pathlib.Path(__file__).parent.parent / "build/release/cli/truckee")])
    asked = arguments.parse_args()
    place = pathlib.Path(tempfile.mkdtemp(prefix="truckee-network-", dir=asked.place))
    grids = []
    try:
        for number, program in enumerate(asked.program):
            grids.append(Grid(os.path.abspath(program), place / str(number), not asked.plain))
        columns = " | ".join(asked.program)
        print(f"| work, ms | {columns} | first / last |\n|---|" + "---|" * (len(grids) + 1))
        for name, size in SIZES.items():
            for grid in grids:
                grid.create(size)
            for work in ("update", "read"):
                took = [[] for _ in grids]
                for _ in range(asked.rounds):
                    for of, grid in zip(took, grids):
                        of.append(1000 * getattr(grid, work)(size))
                medians = [statistics.median(of) for of in took]
                print(f"| {work} {name} | " + " | ".join(f"{m:.1f}" for m in medians) + f" | {medians[0] / medians[-1]:.2f} |", flush=True)
    finally:
        for grid in grids:
            grid.stop()
        shutil.rmtree(place)


main()
