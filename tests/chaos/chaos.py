#!/usr/bin/env python3
"""Ten storage processes, three gateways, writers and readers, and faults drawn from a seed: what was acknowledged, and what became of
it, in one order or in both. Started by `run`, in namespaces of its own. Exit code 1: a promise was broken, or something did not come
back; the evidence is kept in the folder it names."""
import argparse
import json
import pathlib
import shutil
import sys
import threading
import time

import disks
import faults
import history
import report
from grid import GATEWAYS, Grid, SERVERS, Wrong
from workload import Workload

TRIES = 8  # of what is to work when all is over; a process that is slow to come back costs one


class Run:
    """One order, from the first server's start to the last one's end."""

    def __init__(self, order, options, kind_of_disk):
        self.order, self.options, self.kind_of_disk = order, options, kind_of_disk
        self.place = options.folder / order
        self.place.mkdir(parents=True)
        self.events = open(self.place / "history.jsonl", "w", encoding="utf-8")
        self.lock = threading.Lock()
        self.begun = time.monotonic()
        self.grid = Grid(options.program, self.place, order, kind_of_disk, options.disks / order, options.forgetful)
        self.work = Workload(self.grid, options.seed, self.record, self.log)
        self.done = []
        self.left_out = []
        self.healthy_after = None

    def log(self, words):
        moment = time.monotonic() - self.begun
        with self.lock:
            print(f"{self.order} {moment:8.3f} s  {words}", file=sys.stderr, flush=True)
            self.events.write(json.dumps({"kind": "log", "moment": moment, "words": words}) + "\n")

    def record(self, kind, **members):
        with self.lock:
            self.events.write(json.dumps({"kind": kind, **members}) + "\n")

    def play(self):
        """What is wrong in the end: of KINDS."""
        try:
            self.grid.up()
            self.work.make_files()
            self.log(f"ten servers on {self.kind_of_disk.words}; three gateways; {len(self.work.files)} files")
            self.disturb()
            self.end()
        except Exception as error:  # noqa: whatever it is, what was kept so far is evidence
            self.grid.trouble(repr(error))
        self.grid.down([*self.grid.gateways, *self.grid.servers])
        self.found = history.judge(self.work.writes, self.work.reads, {file.number: file.first for file in self.work.files})
        return self.found

    def disturb(self):
        """Writers write, and faults befall, as long as was asked for."""
        self.begun = self.work.begun = time.monotonic()  # one clock for both
        plan = faults.plan(self.options.seed, self.options.seconds, faults.possible(self.kind_of_disk), SERVERS, GATEWAYS, self.options.away)
        doer = faults.Doer(self.grid, [] if self.options.quiet else plan, self.options.away, self.log)
        ended, all_over = threading.Event(), threading.Event()
        faulty = threading.Thread(target=doer.play, args=(self.begun, ended))
        watching = threading.Thread(target=self.grid.look, args=(all_over,))
        faulty.start()
        watching.start()
        self.work.start()
        while time.monotonic() < self.begun + self.options.seconds and not self.grid.troubles:
            time.sleep(0.2)
        ended.set()
        faulty.join()
        self.log("no more faults; all servers and gateways are there")
        self.work.join()
        all_over.set()
        watching.join()
        self.done, self.left_out = doer.done, doer.left_out

    def end(self):
        """Gateways end well, so that nothing is on its way; then every file is read, repaired, found healthy, and read again."""
        self.grid.down(self.grid.gateways)
        begun = time.monotonic()
        for file in self.work.files:
            try:
                self.settle(file)
            except Wrong as wrong:
                self.grid.trouble(f"file {file.number} at the end: {wrong}")
        self.healthy_after = time.monotonic() - begun
        self.log(f"{len(self.work.files)} files read, repaired, verified and read again in {self.healthy_after:.1f} s")

    def settle(self, file):
        confirmed = ["--confirmed"] if self.order == history.STRICT else []
        for last in (False, True):
            started = self.work.now()
            done = self.insist(["get", *confirmed, "--cap-file", file.cap_file])
            self.work.keep(file, history.FINAL, started, done.out)
            if not last:
                self.insist(["repair", "--cap-file", file.cap_file], self.instead(file))
                found = self.insist(["--json", "verify", "--cap-file", file.cap_file]).json()
                if not found or not found["healthy"]:
                    raise Wrong(f"not healthy after its repair: {found}")

    def instead(self, file):
        """In place, two versions of one number may be left; a person then says that one is to win."""
        return None if self.order == history.STRICT else ["repair", "--force", "--cap-file", file.cap_file]

    def insist(self, words, otherwise=None):
        for left in reversed(range(TRIES)):
            done = self.grid.call([*self.grid.own("calm.toml"), *words])
            if done.code == 0 and not done.late:
                return done
            self.log(f"{' '.join(map(str, words))}: {done.words()}{', no answer' if done.late else ''}")
            words = otherwise or words
            if left:
                time.sleep(TRIES - left)
        raise Wrong(f"{' '.join(map(str, words))}: {done.words()}")

    def broken(self):
        return [f"{wrong.kind}: file {wrong.file}, {wrong.line!r}: {wrong.words}" for wrong in history.broken(self.order, self.found)] + \
            self.grid.troubles

    def keep_evidence(self):
        """Stores as they are, beside logs, history and capabilities."""
        for disk in self.grid.disks:
            shutil.copytree(disk.place / "store", self.place / "stores" / disk.place.name, dirs_exist_ok=True)

    def close(self):
        self.grid.close()
        self.events.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True, type=pathlib.Path, help="truckee")
    parser.add_argument("--folder", required=True, type=pathlib.Path, help="empty; where logs, histories and the table are left")
    parser.add_argument("--disks", type=pathlib.Path, help="where stores lie while it runs (default: in that folder)")
    parser.add_argument("--seconds", type=int, default=120, help="of each order, from the first fault to the last (default: %(default)s)")
    parser.add_argument("--order", choices=("strict", "in_place", "both"), default="both")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of faults and of what writers ask for (default: the time)")
    parser.add_argument("--away", type=int, default=3, help="servers at once, at most; a publish in the strict order can do without two")
    parser.add_argument("--quiet", action="store_true", help="no faults: writers alone")
    parser.add_argument("--forgetful", action="store_true", help="servers do not sync, so power loss takes what they acknowledged: this has to fail")
    options = parser.parse_args()
    if options.seconds < 10 or not 1 <= options.away <= 7:
        parser.error("--seconds is 10 or more, --away from 1 to 7: with fewer than three servers there is nothing to read")
    options.program, options.folder = options.program.resolve(), options.folder.resolve()
    options.disks = (options.disks or options.folder / "disks").resolve()
    kind = disks.best(options.disks / "try")
    orders = (history.STRICT, history.IN_PLACE) if options.order == "both" else (options.order,)
    print(f"seed {options.seed}, {options.seconds} s of {' and '.join(orders)}; {kind.words}", file=sys.stderr, flush=True)
    rows, failed = [], []
    for order in orders:
        run = Run(order, options, kind)
        try:
            run.play()
            rows.append(report.row(run))
            wrong = run.broken()
            if wrong:
                run.keep_evidence()
                failed += [f"{order}: {each}" for each in wrong]
        finally:
            run.close()
    page = report.page(options, kind, rows, failed)
    (options.folder / "chaos.md").write_text(page, encoding="utf-8")
    print(page, end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
