#!/usr/bin/env python3
"""One table: what Truckee takes, beside the limit and the real Tahoe-LAFS, everyone asked in turn in one run.

table.py SIDE [--durability none|full] [--place DIRECTORY] [--quick] [--record | --judge] [--json F] [--markdown F] [--svg F]

SIDE is bench/sides' program. *limit*: a loop that makes the same shares and the same calls of the same stores and nothing else, with
as many threads. *Tahoe-LAFS*: the real client and ten real servers in one process; takes part where `tests/interop/enter` started
this (`./dev bench --peer`). --judge: ends with 1 where a ratio to the limit is a quarter above the one kept in ratios.json, which
--record writes. Medians; in brackets half of all lie between.
"""
import argparse
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
KEPT = HERE / "ratios.json"
SIZES = {"1 KiB": 1 << 10, "64 KiB": 64 << 10, "1 MiB": 1 << 20, "16 MiB": 16 << 20}
ROUNDS = {"1 KiB": 100, "64 KiB": 60, "1 MiB": 30, "16 MiB": 11}
IN_FLIGHT = 100
IN_FLIGHT_QUICK = 10  # each file's key takes a fifth of a second


class Side:
    """A process that does what it is told, a line each."""

    def __init__(self, name, words, **how):
        self.name = name
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, **how)
        if (said := self.process.stdout.readline().strip()) != "ready":
            sys.exit(f"{name}: {said or 'ended'}")

    def ask(self, line):
        """Milliseconds on the clock and of CPU."""
        return [1000 * x for x in self.numbers(line, 2)]

    def syncs(self):
        """How often a disk was synced so far."""
        return int(self.numbers("syncs", 1)[0])

    def numbers(self, line, count):
        self.process.stdin.write(line + "\n")
        said = self.process.stdout.readline().split()
        if len(said) != count or said[0] == "error":
            sys.exit(f"{self.name}, asked to {line}: {' '.join(said) or 'ended'}")
        return [float(word) for word in said]

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


class Row:
    """One kind of work. `took`: milliseconds of each side, by its name."""

    def __init__(self, work, took):
        self.work = work
        self.median = {name: statistics.median(all_of) for name, all_of in took.items()}
        self.half = {name: quartiles(all_of) for name, all_of in took.items()}

    def over(self, name):
        """How often what `name` takes fits into what Truckee takes."""
        return self.median["Truckee"] / self.median[name] if self.median.get(name) else None


def quartiles(values):
    return statistics.quantiles(values, n=4)[::2] if len(values) > 1 else values * 2


def measure(sides, work, line, rounds):
    took = {side.name: [] for side in sides}
    for _ in range(rounds):
        for side in sides:
            took[side.name].append(side.ask(line)[0])
    return Row(work, took)


def with_syncs(sides, rows, updates):
    """The rows, and how often the disk was synced for each of so many updates meanwhile."""
    before = {side.name: side.syncs() for side in sides}
    yield from rows()
    yield Row("the same, syncs of each", {side.name: [(side.syncs() - before[side.name]) / updates] for side in sides})


def measure_files(sides, names, divide, durable):
    for name in names:
        for side in sides:
            side.ask(f"create {SIZES[name]}")
        for work in ("update", "read"):
            measure(sides, work, f"{work} {SIZES[name]}", 2)  # nobody's first time
            rounds = max(3, ROUNDS[name] // divide)
            rows = lambda: [measure(sides, f"{work} {name}", f"{work} {SIZES[name]}", rounds)]
            yield from with_syncs(sides, rows, rounds) if durable and work == "update" else rows()


def measure_flight(sides, files, rounds):
    """Updates of 1 KiB, so many files on their way at once: milliseconds from one end to the next, and CPU of each."""
    updates = 10 * files
    clock, cpu = {side.name: [] for side in sides}, {side.name: [] for side in sides}
    for _ in range(rounds):
        for side in sides:
            took = side.ask(f"flight {files} {updates}")
            clock[side.name].append(took[0] / updates)
            cpu[side.name].append(took[1] / updates)
    yield Row(f"update 1 KiB, {files} at once", clock)
    yield Row("the same, CPU of each", cpu)


def signature():
    """Milliseconds of one RSA-2048 signature on one core, as OpenSSL's own benchmark says (signatures a second)."""
    said = subprocess.run(["openssl", "speed", "-seconds", "1", "-mr", "rsa2048"], capture_output=True, text=True, check=True).stdout
    line = next(line for line in said.splitlines() if line.startswith("+F2:"))
    return 1000 / float(line.split(":")[3])


def number(x):
    return f"{x:.0f}" if x >= 100 else f"{x:.1f}" if x >= 10 else f"{x:.2f}" if x >= 0.1 else f"{x:.3f}"


def markdown(rows, names, durability, sign):
    others = [name for name in names if name != "Truckee"]
    lines = [f"Durability {durability}, ms; one signature by `openssl speed`: {number(sign)}.", "",
             "| work | " + " | ".join(names) + " | " + " | ".join(f"Truckee / {name}" for name in others) + " |",
             "|---|" + "---|" * (len(names) + len(others))]
    for row in rows:
        cells = [f"{number(row.median[name])} ({number(row.half[name][0])} to {number(row.half[name][1])})" if name in row.median else ""
                 for name in names]
        cells += [f"{row.over(name):.2f}" if row.over(name) else "" for name in others]
        lines.append(f"| {row.work} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def svg(rows, names):
    """A bar for each side and work, on a logarithmic scale, the time beside it."""
    colours = {"limit": "#9aa5b1", "Truckee": "#0b7a75", "Tahoe-LAFS": "#d1495b"}
    low = math.floor(math.log10(min(min(row.median.values()) for row in rows)))
    high = max(math.log10(max(row.median.values())) for row in rows)
    left, width, bar = 190, 470, 13
    y, out = 40, []
    for x, name in enumerate(names):
        out.append(f'<rect x="{left + 130 * x}" y="12" width="12" height="12" fill="{colours[name]}"/>'
                   f'<text x="{left + 18 + 130 * x}" y="22">{name}</text>')
    out.append(f'<text x="{left + width + 70}" y="22" text-anchor="end" fill="#57606a">logarithmic</text>')
    for row in rows:
        have = [name for name in names if name in row.median]
        out.append(f'<text x="{left - 10}" y="{y + bar * len(have) / 2 + 4}" text-anchor="end">{row.work}</text>')
        for name in have:
            length = width * (math.log10(row.median[name]) - low) / (high - low)
            out.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 2}" fill="{colours[name]}"/>'
                       f'<text x="{left + length + 6:.1f}" y="{y + 10}" font-size="10">{number(row.median[name])} ms</text>')
            y += bar
        y += 9
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 80} {y + 4}" font-family="sans-serif" font-size="12" '
            'fill="#24292f"><rect width="100%" height="100%" fill="#ffffff"/>' + "".join(out) + "</svg>\n")


def judge(rows):
    if not KEPT.exists():
        print(f"table.py: nothing to judge by: --record writes {KEPT.name}", file=sys.stderr)
        return []
    kept = json.loads(KEPT.read_text())
    worse = [f"{row.work}: {row.over('limit'):.2f} times the limit, {kept[row.work]:.2f} is kept"
             for row in rows if row.work in kept and row.over("limit") > 1.25 * kept[row.work]]
    for each in worse:
        print(f"table.py: worse by more than a quarter: {each}", file=sys.stderr)
    return worse


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("side", type=pathlib.Path)
    arguments.add_argument("--durability", choices=("none", "full"), default="none")
    arguments.add_argument("--place", default=None, help="where stores lie; default: memory")
    arguments.add_argument("--quick", action="store_true", help="under a minute: two sizes, fewer rounds")
    arguments.add_argument("--record", action="store_true")
    arguments.add_argument("--judge", action="store_true")
    for name in ("json", "markdown", "svg"):
        arguments.add_argument(f"--{name}", type=pathlib.Path)
    asked = arguments.parse_args()

    root = os.environ.get("TRUCKEE_INTEROP_ROOT")
    place = pathlib.Path(tempfile.mkdtemp(prefix="truckee-bench-", dir=asked.place or (f"{root}/interop/work" if root else "/dev/shm")))
    sides = []
    try:
        for name, word in (("limit", "loop"), ("Truckee", "client")):
            sides.append(Side(name, [asked.side, word, place / word, asked.durability]))
        if root and asked.durability == "none":
            sys.path.append(str(HERE.parent / "tests" / "interop"))
            from root import Root
            inside = Root(root)
            words = ["python3", "/interop/peer/side.py", inside.inside(place / "tahoe")]
            sides.append(Side("Tahoe-LAFS", ["/usr/sbin/chroot", root, "env", "--chdir=/tmp", *words], stderr=subprocess.DEVNULL))
        names = ["1 KiB", "1 MiB"] if asked.quick else list(SIZES)
        durable = asked.durability == "full"
        rows = list(measure_files(sides, names, 3 if asked.quick else 1, durable))
        ours = [side for side in sides if side.name != "Tahoe-LAFS"]
        files, rounds = (IN_FLIGHT_QUICK, 5) if asked.quick else (IN_FLIGHT, 5)
        at_once = lambda: measure_flight(ours, files, rounds)
        for side in ours:
            side.ask(f"flight {files} {files}")  # the files are made
        rows += with_syncs(ours, at_once, rounds * (files + 10 * files)) if durable else at_once()
        sign = signature()
    finally:
        for side in sides:
            side.close()
        shutil.rmtree(place)

    page = markdown(rows, [side.name for side in sides], asked.durability, sign)
    print(page)
    if asked.markdown:
        asked.markdown.write_text(page)
    if asked.svg:
        asked.svg.write_text(svg(rows, [side.name for side in sides]))
    if asked.json:
        asked.json.write_text(json.dumps({"durability": asked.durability, "signature_ms": sign, "processors": os.cpu_count(),
                                          "rows": [{"work": row.work, "median_ms": row.median, "half_ms": row.half} for row in rows]}, indent=1))
    if asked.record:
        KEPT.write_text(json.dumps({row.work: round(row.over("limit"), 2) for row in rows}, indent=1) + "\n")
    sys.exit(1 if asked.judge and judge(rows) else 0)


if __name__ == "__main__":
    main()
