"""The table of what was seen, as Markdown."""
import collections

import cases
import speed

# docs/interop.md is this text and the tables after it.
HEAD = """# Truckee and the real Tahoe-LAFS, on the same shares

`./dev interop` made this page: it starts the real Tahoe-LAFS {version} (Debian 13's package, in a root of its own) and lets both write, read,
verify, damage and repair the same files. T: Truckee comes first, the real client second; L: the other way round. "Both read and
verify" is the content, byte for byte, and a check that reads every byte of every share and finds the file healthy
(`tahoe check --verify`, `truckee verify`).

| column | the real side | Truckee |
|---|---|---|
| in process | real client and ten real storage servers in one process, on ten directories | the same ten directories, embedded |
| nodes, directories | ten real storage nodes and a gateway that speaks HTTPS to them | the nodes' own directories, while the nodes are stopped |
| nodes, HTTPS | the same nodes and gateway | the running nodes, over HTTPS |
| Truckee's servers | a gateway that speaks HTTPS to ten `truckee storage --gbs-listen` | the same ten, over HTTPS |
| mixed | the same with five real nodes and five of Truckee's, two of the ten preferred | the same ten, over HTTPS |

Over HTTPS Truckee has the grid file that `truckee grid import` makes of the gateway's own directory.
A store has one server at a time. Truckee holds a lock on a store (`truckee.lock`) against other Truckees; Tahoe-LAFS takes none and
sees none, so nothing but whoever runs them keeps the two apart.
"""
NAMES = {cases.IN_PROCESS: "in process", cases.STOPPED: "nodes, directories", cases.HTTPS: "nodes, HTTPS",
         cases.SERVERS: "Truckee's servers", cases.MIXED: "mixed"}
CONTRACT = """
## The peer's own tests of a server, asked of Truckee's
From the packaged `allmydata.test`: what the tests do and expect is Tahoe-LAFS's, with its real client and a `truckee storage --gbs-listen` in place of its
own server in memory (`tests/interop/peer/contract.py`; where a test lets time pass, leases are made older instead).

| test | result |
|---|---|"""


class Result:
    """Of one case, one way, one direction. outcome: "" where all is as it must be, else what was found."""

    def __init__(self, case, way, first, outcome):
        self.case, self.way, self.first, self.outcome = case, way, first, outcome


def page(results, left_out, long, kept=(), table=None):
    lines = [HEAD.format(version="1.20.0"), f"This was the {'long' if long else 'short'} form. `-`: not asked of that column"
             + ("; `--long` asks more." if not long else ".")]
    lines += [f"\n{NAMES[way]}: left out ({reason})." for way, reason in left_out.items()]
    ways = [way for way in cases.EVERYWHERE if way not in left_out]
    sections = collections.OrderedDict()
    for result in sorted(results, key=lambda result: result.case.number):
        sections.setdefault(result.case.section, collections.OrderedDict()).setdefault(result.case.title, []).append(result)
    notes = []
    for section, rows in sections.items():
        lines += ["", f"## {section}", "| case |" + "".join(f" {NAMES[way]}: T | L |" for way in ways), "|---|" + "---|---|" * len(ways)]
        for title, found in rows.items():
            cells = [cell(found, way, first, notes) for way in ways for first in ("Truckee", "Tahoe-LAFS")]
            lines.append(f"| {title} | " + " | ".join(cells) + " |")
    if table:
        lines.append(speed.page(table))
    if kept:
        lines += [CONTRACT, *(f"| {test.module}.{test.name} | {verdict_of(test)} |" for test in kept)]
    if notes:
        lines += ["", "## What is not as it must be", *(f"{number}. {note}" for number, note in enumerate(notes, 1))]
    return "\n".join(lines) + "\n"


def verdict_of(test):
    if test.ok:
        return "ok"
    return f"otherwise: {test.reason}" if test.reason else f"**not** ({test.said})"


def cell(found, way, first, notes):
    for result in found:
        if (result.way, result.first) == (way, first):
            if not result.outcome:
                return "ok"
            notes.append(f"{result.case.title}, {NAMES[way]}, {first} first: {' '.join(result.outcome.split())}")
            return f"**not** ({len(notes)})"
    return "-"
