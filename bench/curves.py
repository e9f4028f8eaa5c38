#!/usr/bin/env python3
"""How what Truckee takes grows: with updates in flight, servers, shares of a file, bytes, and files in a store.

curves.py SIDE [--long] [--only NAME]... [--place DIRECTORY] [--json F] [--markdown F] [--svg F]

SIDE is bench/sides' program. Each step is a process of its own, whose memory is asked at the step's end. NAME is one of: flight,
servers, shares, size, files. --long goes to 1,000 updates in flight and to 1 GiB (16 GiB of memory); without it a minute or two.
Medians of milliseconds, durability none, in memory unless --place says where.
"""
import argparse
import json
import math
import os
import pathlib
import shutil
import statistics
import sys
import tempfile

from table import Side, number

FLIGHT = [1, 3, 10, 30, 100]
FLIGHT_LONG = [300, 1000]
SERVERS = [10, 50, 200]
SHARES = [10, 20, 50, 100, 255]
SIZES = [1, 1 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20]
SIZES_LONG = [256 << 20, 1 << 30]
FILES = [1, 100, 1000, 10_000, 100_000]
AT_ONCE = 200  # calls of one store that are timed together


class World:
    """A side in a folder of its own."""

    def __init__(self, program, place, *words):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="truckee-curve-", dir=place))
        self.side = Side(words[0], [program, words[0], self.home / "it", "none", *map(str, words[1:])])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.side.close()
        shutil.rmtree(self.home)

    def ask(self, line):
        return self.side.ask(line)[0]

    def median(self, line, rounds):
        return statistics.median(self.ask(line) for _ in range(rounds))

    def memory(self):
        """MiB that the process has in memory now."""
        said = pathlib.Path(f"/proc/{self.side.process.pid}/status").read_text()
        return int(said.split("VmRSS:")[1].split()[0]) / 1024

    def threads(self):
        return len(os.listdir(f"/proc/{self.side.process.pid}/task"))


def files_of(world, size, rounds):
    world.ask(f"create {size}")
    for _ in range(3):
        world.ask(f"update {size}")
        world.ask(f"read {size}")
    return {"update, ms": world.median(f"update {size}", rounds), "read, ms": world.median(f"read {size}", rounds)}


def flight(program, place, long):
    with World(program, place, "client") as world:
        for files in FLIGHT + (FLIGHT_LONG if long else []):
            updates = max(300, 5 * files)
            took = min((world.side.ask(f"flight {files} {updates}") for _ in range(3)), key=lambda x: x[0])
            yield files, {"updates a second": 1000 * updates / took[0], "CPU of each, ms": took[1] / updates, "memory, MiB": world.memory()}


def servers(program, place, _):
    for count in SERVERS:
        with World(program, place, "client", count, 3, 10, 7) as world:
            yield count, {**files_of(world, 1024, 60), "memory, MiB": world.memory(), "threads": world.threads()}


def shares(program, place, _):
    for n in SHARES:
        k = max(1, 3 * n // 10)
        with World(program, place, "client", n, k, n, max(k, 7 * n // 10)) as world:
            yield n, {**files_of(world, 1024, 40), "update 1 MiB, ms": files_of(world, 1 << 20, 5)["update, ms"],
                      "memory, MiB": world.memory()}


def size(program, place, long):
    for length in SIZES + (SIZES_LONG if long else []):
        rounds = 60 if length <= 64 << 10 else 15 if length <= 1 << 20 else 5
        with World(program, place, "client") as world:
            ours = files_of(world, length, rounds)
            ours["memory, MiB"] = world.memory()
        if length <= 64 << 20:
            with World(program, place, "loop") as world:
                limit = files_of(world, length, rounds)
            ours |= {"limit of update, ms": limit["update, ms"], "limit of read, ms": limit["read, ms"]}
        yield length, ours


def files(program, place, _):
    with World(program, place, "crowd") as world:
        for count in FILES:
            world.ask(f"fill {count}")
            for what in ("update", "read"):
                world.ask(f"{what} {AT_ONCE}")
            yield count, {"update of a share, ms": world.median(f"update {AT_ONCE}", 9) / AT_ONCE,
                          "read of a share, ms": world.median(f"read {AT_ONCE}", 9) / AT_ONCE,
                          "open the store, ms": world.median("reopen 1", 3), "memory, MiB": world.memory()}


CURVES = {
    "flight": (flight, "updates of 1 KiB in flight"),
    "servers": (servers, "servers, files of 3 of 10"),
    "shares": (shares, "N shares on N servers, k = 0.3 N"),
    "size": (size, "bytes of a file, 3 of 10"),
    "files": (files, "files in one store"),
}


def count(x):
    for unit, word in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if x >= unit and x % unit == 0:
            return f"{x // unit} {word}"
    return f"{x:,}"


def markdown(curves):
    out = []
    for name, steps in curves.items():
        columns = list(dict.fromkeys(column for _, values in steps for column in values))
        out += [f"| {CURVES[name][1]} | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
        for x, values in steps:
            out.append(f"| {count(x) if name == 'size' else f'{x:,}'} | " + " | ".join(number(values[c]) if c in values else "" for c in columns) + " |")
        out.append("")
    return "\n".join(out)


COLOURS = ["#0b7a75", "#d1495b", "#3d5a98", "#9aa5b1", "#b8860b"]


def panel(name, steps, left, top, width, height):
    """One curve's lines, both scales logarithmic."""
    columns = list(dict.fromkeys(column for _, values in steps for column in values))
    xs = [math.log10(x) for x, _ in steps]
    everything = [v for _, values in steps for v in values.values() if v > 0]
    low, high = math.floor(math.log10(min(everything))), math.ceil(math.log10(max(everything)))
    across = lambda x: left + width * (math.log10(x) - xs[0]) / max(1e-9, xs[-1] - xs[0])
    down = lambda y: top + height - height * (math.log10(y) - low) / max(1, high - low)
    out = [f'<text x="{left}" y="{top - 10}" font-weight="bold">{CURVES[name][1]}</text>',
           f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="none" stroke="#d0d7de"/>']
    for exponent in range(low, high + 1):
        y = down(10.0 ** exponent)
        out.append(f'<line x1="{left}" x2="{left + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eaeef2"/>'
                   f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end" font-size="10">{10.0 ** exponent:g}</text>')
    for x, _ in steps:
        out.append(f'<text x="{across(x):.1f}" y="{top + height + 14}" text-anchor="middle" font-size="9">{count(x) if name == "size" else f"{x:,}"}</text>')
    for i, column in enumerate(columns):
        points = [(across(x), down(values[column])) for x, values in steps if values.get(column, 0) > 0]
        out.append(f'<polyline fill="none" stroke="{COLOURS[i % len(COLOURS)]}" stroke-width="2" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>')
        out.append(f'<text x="{left + width + 8}" y="{top + 12 + 15 * i}" fill="{COLOURS[i % len(COLOURS)]}" font-size="11">{column}</text>')
    return "".join(out)


def svg(curves):
    width, height, step = 520, 150, 215
    body = "".join(panel(name, steps, 60, 40 + step * i, width, height) for i, (name, steps) in enumerate(curves.items()))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width + 230} {step * len(curves) + 10}" font-family="sans-serif" '
            f'font-size="12" fill="#24292f"><rect width="100%" height="100%" fill="#ffffff"/>{body}</svg>\n')


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("side", type=pathlib.Path)
    arguments.add_argument("--long", action="store_true")
    arguments.add_argument("--only", action="append", choices=CURVES)
    arguments.add_argument("--place", default="/dev/shm", help="where stores lie; default: memory")
    for name in ("json", "markdown", "svg"):
        arguments.add_argument(f"--{name}", type=pathlib.Path)
    asked = arguments.parse_args()
    curves = {}
    for name, (measure, what) in CURVES.items():
        if asked.only and name not in asked.only:
            continue
        curves[name] = []
        for step in measure(asked.side, asked.place, asked.long):
            curves[name].append(step)
            print(f"{what}: {step[0]:,}: " + ", ".join(f"{key} {number(value)}" for key, value in step[1].items()), file=sys.stderr, flush=True)
    print(markdown(curves))
    if asked.markdown:
        asked.markdown.write_text(markdown(curves))
    if asked.svg:
        asked.svg.write_text(svg(curves))
    if asked.json:
        asked.json.write_text(json.dumps(curves, indent=1))


if __name__ == "__main__":
    main()
