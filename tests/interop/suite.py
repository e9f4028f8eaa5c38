#!/usr/bin/env python3
"""Truckee and the real Tahoe-LAFS on the same shares. Started by `run`, within `enter`."""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

import cases
import contract
import report
import speed
from parties import Failed, RealClient, Truckee
from real_grid import Grid, Node
from root import Root
from truckee_nodes import TruckeeNode


class Way:
    """How the two meet: the real client (`tahoe`), Truckee, and the stores that both use."""

    def __init__(self, kind, truckee, tahoe, stores, grid=None):
        self.kind, self.truckee, self.tahoe, self.stores, self.grid = kind, truckee, tahoe, stores, grid

    def directions(self):
        return (self.tahoe, self.truckee), (self.truckee, self.tahoe)


def in_process(options, root):
    stores = [root.work / f"store{number}" for number in range(10)]
    for store in stores:
        (store / "shares").mkdir(parents=True)
    truckee = Truckee(options.program, root.work / "truckee", [f'name = "{store.name}"\ndirectory = "{store}"' for store in stores])
    truckee.create(b"")  # opens each store once, which gives it its id
    return Way(cases.IN_PROCESS, truckee, RealClient(root, stores), stores)


class WhileStopped(Truckee):
    """Truckee on the nodes' own directories: a store has one server at a time."""
    grid = None

    def run(self, *words, **more):
        if words[0] != "cap":
            self.grid.down()
        return super().run(*words, **more)

    def serving(self, store):
        self.grid.down()
        return super().serving(store)


def stopped(options, grid):
    stores = [node.store for node in grid.nodes]
    truckee = WhileStopped(options.program, grid.root.work / "truckee-stopped",
                           [f'name = "{node.name}"\ndirectory = "{node.store}"\nid = "{node.id}"' for node in grid.nodes])
    truckee.grid = grid
    return Way(cases.STOPPED, truckee, grid.gateway, stores, grid)


def https(options, grid, kind=cases.HTTPS):
    """Truckee with what `truckee grid import` makes of the gateway's directory."""
    truckee = Truckee.imported(options.program, grid.root.work / f"truckee-{kind.replace(' ', '-')}", [grid.gateway.folder])
    return Way(kind, truckee, grid.gateway, [node.store for node in grid.nodes], grid)


def play_with_truckee(options, root, kind, nodes, chosen, results, preferred=()):
    """Where some of the nodes, or all, are Truckee's."""
    grid = Grid(root, nodes, f"gateway-{kind.replace(' ', '-')}", preferred)
    try:
        grid.up()
        play(https(options, grid, kind), chosen, results)
    finally:
        grid.down()


class Run:
    """A case on its way, in one direction."""

    def __init__(self, way, case, first, second):
        self.way, self.case, self.first = way, case, first
        self.steps = case.run(way, first, second)
        self.party = next(self.steps)  # whom it turns to next
        self.seconds = 0
        self.result = None

    def go_on(self):
        """To its end; where only one party can work at a time, until it turns to the other."""
        party, started = self.party, time.monotonic()
        try:
            while self.party is party or self.way.kind != cases.STOPPED:
                self.party = next(self.steps)
        except StopIteration:
            self.end("")
        except (cases.Wrong, Failed, OSError, subprocess.TimeoutExpired) as error:
            self.end(str(error) or repr(error))
        self.seconds += time.monotonic() - started

    def end(self, outcome):
        self.result = report.Result(self.case, self.way.kind, self.first.name, outcome)


def play(way, chosen, results):
    """Every case, each way round. A party that a case turns to works for all that wait for it before the other does."""
    waiting = [Run(way, case, *parties) for parties in way.directions() for case in chosen if case.first in (None, parties[0].name)]
    while waiting:
        party = waiting[0].party
        for run in [run for run in waiting if run.party is party]:
            run.go_on()
            if run.result:
                waiting.remove(run)
                results.append(run.result)
                print(f"{'NOT' if run.result.outcome else 'ok '} {run.case.section}: {run.case.title} [{way.kind}, {run.first.name} first, "
                      f"{run.seconds:.1f} s] {run.result.outcome}", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, help="truckee")
    parser.add_argument("--folder", required=True, type=pathlib.Path, help="where logs and the table are left")
    parser.add_argument("--long", action="store_true", help="every case, not only what is done within ten minutes")
    parser.add_argument("--speed", action="store_true", help="measure both gateways on the real servers, as --long does")
    parser.add_argument("--only", default="", help="cases with these words in section or title")
    parser.add_argument("--ways", default=",".join((*cases.EVERYWHERE, cases.CONTRACT)), help="some of: %(default)s")
    parser.add_argument("--document", type=pathlib.Path, help="where the whole page is written")
    options = parser.parse_args()

    root = Root(os.environ["TRUCKEE_INTEROP_ROOT"])
    wanted = [case for case in cases.all_cases() if (options.long or not case.long) and options.only in f"{case.section}: {case.title}"]
    ways, results, left_out, grid, kept, table = options.ways.split(","), [], {}, None, [], None
    measured = options.speed or (options.long and not options.only and cases.HTTPS in ways)
    started = time.monotonic()

    def on(kind):
        return [case for case in wanted if kind in case.ways] if kind in ways else []

    try:
        if on(cases.IN_PROCESS):
            way = in_process(options, root)
            play(way, on(cases.IN_PROCESS), results)
            way.tahoe.close()
        if on(cases.STOPPED) or on(cases.HTTPS) or measured:
            grid = Grid(root, [Node(root, number) for number in range(10)])
            grid.up()
            over_https = https(options, grid)
            if reason := cannot_connect(over_https.truckee):
                left_out[cases.HTTPS] = reason
            else:
                play(over_https, on(cases.HTTPS), results)
            if measured:
                table = speed.run(options, grid)
                print(speed.page(table), file=sys.stderr, flush=True)
            play(stopped(options, grid), on(cases.STOPPED), results)
            grid.down()
        if on(cases.SERVERS):
            nodes = [TruckeeNode(root, number, options.program) for number in range(10)]
            play_with_truckee(options, root, cases.SERVERS, nodes, on(cases.SERVERS), results)
        if on(cases.MIXED):
            nodes = [Node(root, number, "mixed") for number in range(0, 10, 2)] + \
                    [TruckeeNode(root, number, options.program, "mixed") for number in range(1, 10, 2)]
            play_with_truckee(options, root, cases.MIXED, nodes, on(cases.MIXED), results, preferred=(nodes[1], nodes[7]))
        if cases.CONTRACT in ways and not options.only:
            kept = contract.run(options.program, root, options.folder)
    finally:
        if grid:
            grid.down()
        for log in root.work.glob("*.log"):
            shutil.copy(log, options.folder)

    page = report.page(results, left_out, options.long, kept, table)
    print(page)
    (options.folder / "interop.md").write_text(page)
    if options.document:
        options.document.write_text(page)
    wrong = [result for result in results if result.outcome]
    # Again at the end: of a long output the middle is what gets cut.
    for result in wrong:
        print(f"NOT {result.case.title} [{result.way}, {result.first} first] {result.outcome}", file=sys.stderr)
    broken = [test for test in kept if not test.ok and not test.reason]
    print(f"{len(results)} done, {len(wrong)} of them not as they must be, in {time.monotonic() - started:.0f} s", file=sys.stderr)
    if kept:
        print(f"{len(kept)} tests of the peer's own, {sum(test.ok for test in kept)} passed; not as they must be: "
              f"{', '.join(test.name for test in broken) or 'none'}", file=sys.stderr)
    sys.exit(1 if wrong or broken or not (results or kept or table) else 0)


def cannot_connect(truckee):
    """Why this Truckee does not speak to servers over HTTPS; nothing: it does."""
    try:
        truckee.create(b"over HTTPS")
    except Failed as error:
        if "not supported" not in str(error):
            raise
        return str(error)
    return None


if __name__ == "__main__":
    main()
