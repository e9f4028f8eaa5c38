#!/usr/bin/env python3
"""Where the CPU of one kind of work goes: a flame graph of Truckee's client, by perf.

flame.py SIDE SVG [--work "update 1024"] [--rounds 1500] [--title TEXT] [--folded FILE]

SIDE is bench/sides' program. The width of a frame is its part of all samples of the whole process, its callers are below it; a thread
is the lowest frame. Frames below 0.4 % are left out. --folded: the stacks too, a line each, for other tools. Needs perf and the right
to use it.
"""
import argparse
import collections
import html
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from table import Side

LEAST = 0.004  # of all samples: a frame that is drawn
WIDTH, LINE = 1200, 16
# What a frame is painted by.
PAINT = [("#8c6bb1", ("libcrypto", "crypto::", "codec::", "libisal")), ("#0b7a75", ("truckee::", "storage::", "actors::", "grid::", "messages::")),
         ("#e0a030", ("caf::", "libcaf")), ("#d1495b", ("[k]",)), ("#9aa5b1", ("",))]


def short(symbol):
    """A symbol as people read it."""
    name = re.sub(r"\+0x[0-9a-f]+", "", symbol)
    name = re.sub(r"\(anonymous namespace\)::", "", name).replace("truckee::", "")
    while (less := re.sub(r"<[^<>]*>", "", name)) != name:
        name = less
    name = re.sub(r"\{lambda\([^{}]*\)#?\d*\}", "{lambda}", name)
    name = re.sub(r"\([^()]*\)( const)?", "", name)
    return name.strip() or symbol[:60]


def stacks_of(perf_data):
    """Each sample's frames, the thread first, with how often they came."""
    said = subprocess.run(["perf", "script", "-i", str(perf_data), "--no-inline", "-F", "comm,ip,sym,dso"], capture_output=True, text=True, check=True).stdout
    out = collections.Counter()
    for sample in said.split("\n\n"):
        lines = sample.strip("\n").split("\n")
        if len(lines) < 2:
            continue
        frames = []
        for line in lines[1:]:
            found = re.match(r"\s*[0-9a-f]+ (.*) \((.*)\)$", line)
            if not found:
                continue
            symbol, library = found[1], pathlib.Path(found[2]).name
            kernel = found[2].startswith("[kernel")
            frames.append(f"[{library}]" if symbol.startswith("[unknown]") else ("[k] " if kernel else "") + short(symbol))
        frames = [frame for i, frame in enumerate(frames) if i == 0 or frame != frames[i - 1]]
        out[(lines[0].split()[0], *reversed(frames))] += 1
    return out


def record(program, work, rounds, data):
    place = pathlib.Path(tempfile.mkdtemp(prefix="truckee-flame-", dir="/dev/shm"))
    side = Side("Truckee", [program, "client", place / "it", "none"])
    try:
        side.ask(f"create {work.split()[-1]}")
        for _ in range(30):
            side.ask(work)
        perf = subprocess.Popen(["perf", "record", "-q", "-F", "2999", "--call-graph", "dwarf,16384", "-o", data, "-p", str(side.process.pid)],
                                stderr=subprocess.DEVNULL)
        time.sleep(1)
        for _ in range(rounds):
            side.ask(work)
        perf.send_signal(signal.SIGINT)
        perf.wait()
    finally:
        side.close()
        shutil.rmtree(place)


class Frame:
    def __init__(self):
        self.samples = 0
        self.callees = {}


def tree_of(stacks):
    root = Frame()
    for frames, times in stacks.items():
        root.samples += times
        at = root
        for frame in frames:
            at = at.callees.setdefault(frame, Frame())
            at.samples += times
    return root


def svg(root, title):
    boxes, deepest = [], 0

    def draw(name, frame, left, depth):
        nonlocal deepest
        part = frame.samples / root.samples
        if part < LEAST:
            return
        deepest = max(deepest, depth)
        boxes.append((name, left, part, depth))
        for callee, below in sorted(frame.callees.items(), key=lambda x: -x[1].samples):
            draw(callee, below, left, depth + 1)
            left += below.samples / root.samples

    draw("all", root, 0, 0)
    height = (deepest + 3) * LINE
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="10">'
           f'<rect width="100%" height="100%" fill="#ffffff"/><text x="4" y="13" font-size="12">{html.escape(title)}</text>']
    for name, left, part, depth in boxes:
        x, wide, y = left * WIDTH, part * WIDTH, height - (depth + 1) * LINE
        colour = next(colour for colour, words in PAINT if any(word in name for word in words))
        letters = int((wide - 4) / 6)
        text = name if len(name) <= letters else name[:max(0, letters - 1)] + "…" if letters > 3 else ""
        out.append(f'<g><title>{html.escape(name)} {100 * part:.1f} %</title><rect x="{x:.1f}" y="{y}" width="{max(0.3, wide - 0.4):.1f}" height="{LINE - 1}" '
                   f'fill="{colour}" fill-opacity="0.55"/>' + (f'<text x="{x + 2:.1f}" y="{y + 11}">{html.escape(text)}</text>' if text else "") + "</g>")
    return "\n".join(out) + "\n</svg>\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("side", type=pathlib.Path)
    arguments.add_argument("svg", type=pathlib.Path)
    arguments.add_argument("--work", default="update 1024")
    arguments.add_argument("--rounds", type=int, default=1500)
    arguments.add_argument("--title", default="")
    arguments.add_argument("--folded", type=pathlib.Path)
    asked = arguments.parse_args()
    if not shutil.which("perf"):
        sys.exit("flame.py: perf is not here: apt-get install linux-perf")
    with tempfile.TemporaryDirectory() as place:
        record(asked.side, asked.work, asked.rounds, f"{place}/perf.data")
        stacks = stacks_of(f"{place}/perf.data")
    if not stacks:
        sys.exit("flame.py: perf took no samples: it may not be allowed to")
    if asked.folded:
        asked.folded.write_text("".join(f"{';'.join(frames)} {times}\n" for frames, times in stacks.most_common()))
    asked.svg.write_text(svg(tree_of(stacks), asked.title or f"{asked.work}: {sum(stacks.values())} samples of CPU"))


if __name__ == "__main__":
    main()
