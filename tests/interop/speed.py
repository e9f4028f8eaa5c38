"""What the same takes by `truckee gateway` and by the real gateway: both over HTTPS to the same ten real servers, both asked over HTTP,
in turn."""
import contextlib
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import time

import cases
from parties import Failed, Truckee

SIZES = {"1 KiB": 1 << 10, "64 KiB": 64 << 10, "1 MiB": 1 << 20, "10 MiB": 10 << 20}
ROUNDS = {"1 KiB": 11, "64 KiB": 11, "1 MiB": 7, "10 MiB": 5}
WORKS = ("create", "update", "read")


class TruckeeGateway:
    """`truckee gateway` on what it imported, asked over its HTTP API."""
    name = "Truckee"

    def __init__(self, truckee):
        with open(truckee.folder / "gateway.log", "wb") as log:
            self.process = subprocess.Popen([truckee.program, "--grid", truckee.folder / "grid.toml", "gateway", "--listen", "127.0.0.1:0",
                                             "--http-listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, "XDG_DATA_HOME": str(truckee.folder / "data")})
        said, end = "", time.monotonic() + 60
        while "listening on" not in said:
            if time.monotonic() > end or self.process.poll() is not None:
                raise Failed(f"truckee gateway does not come up: {said[-300:]}")
            time.sleep(0.1)
            said = (truckee.folder / "gateway.log").read_text(errors="replace")
        self.at, token_file = said.split("http: ", 1)[1].splitlines()[0].split(", token in ")
        with open(token_file, encoding="ascii") as file:
            self.token = file.readline().strip()

    def ask(self, method, cap=None, content=None):
        fields = {"Authorization": f"Bearer {self.token}", **({"Truckee-Capability": cap} if cap else {})}
        with contextlib.closing(http.client.HTTPConnection(self.at, timeout=180)) as line:
            line.request(method, "/v1/file", content, fields)
            answer = line.getresponse()
            body = answer.read()
        if answer.status not in (200, 201):
            raise Failed(f"{method}: {answer.status} {body[:300]!r}")
        return body

    def create(self, content):
        return json.loads(self.ask("PUT", content=content))["write_cap"]

    def update(self, cap, content):
        self.ask("PUT", cap, content)

    def read(self, cap):
        return self.ask("GET", cap)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)


def milliseconds(call, *words):
    """What it took, and what it gave."""
    started = time.perf_counter()
    given = call(*words)
    return 1000 * (time.perf_counter() - started), given


def processor_milliseconds(nodes):
    """What the nodes' processes have had of the processors since they began."""
    waiting, total = [node.process.pid for node in nodes], 0
    while waiting:
        process = pathlib.Path("/proc") / str(waiting.pop())
        for thread in (process / "task").iterdir():
            total += int((thread / "schedstat").read_text().split()[0])
            waiting += (thread / "children").read_text().split()
    return total / 1e6


class Table:
    """rows: (work, size, {name: milliseconds, the median}, the least that Truckee's requests take: what the nodes had of the processors,
    over the number of processors, the median); loads: of the machine, before and after."""

    def __init__(self):
        self.rows, self.loads = [], [os.getloadavg()[0]]


def measure_size(table, gateways, grid, name):
    """One size. After each write of Truckee's the real client verifies all of it; that is not measured."""
    size, caps, last, real = SIZES[name], {}, {}, grid.gateway
    for work in WORKS:
        took, least = {gateway.name: [] for gateway in gateways}, []
        for turn in range(ROUNDS[name]):
            for gateway in gateways:
                content = cases.content_of(size, work, turn, gateway.name)
                nodes_before = processor_milliseconds(grid.nodes)
                if work == "create":
                    spent, caps[gateway] = milliseconds(gateway.create, content)
                elif work == "update":
                    spent, _ = milliseconds(gateway.update, caps[gateway], content)
                else:
                    spent, got = milliseconds(gateway.read, caps[gateway])
                    cases.expect(got == last[gateway], f"{gateway.name} reads other bytes than it wrote")
                took[gateway.name].append(spent)
                if gateway is not real:
                    least.append((processor_milliseconds(grid.nodes) - nodes_before) / os.cpu_count())
                if work != "read":
                    last[gateway] = content
                    if gateway is not real:
                        cases.expect_healthy(real, caps[gateway])
        table.rows.append((work, name, {who: statistics.median(spent) for who, spent in took.items()},
                           statistics.median(least)))


def run(options, grid):
    """The Table, on the nodes of this grid."""
    grid.up()
    truckee = Truckee.imported(options.program, grid.root.work / "truckee-speed", [grid.gateway.folder], keys_ready=4)
    gateway = TruckeeGateway(truckee)
    try:
        for each in (gateway, grid.gateway):  # nobody's first time
            each.read(each.create(b"connected"))
        table = Table()
        for name in SIZES:
            measure_size(table, (gateway, grid.gateway), grid, name)
    finally:
        gateway.stop()
    table.loads.append(os.getloadavg()[0])
    return table


def page(table):
    """As Markdown."""
    def number(x):
        return f"{x:.0f}" if x >= 100 else f"{x:.1f}"
    lines = ["", "## Speed, on the same ten real servers",
             "`truckee gateway` and the real gateway, each over HTTPS to the ten nodes and asked over HTTP, in turn: milliseconds, medians of "
             + ", ".join(f"{ROUNDS[name]} ({name})" for name in SIZES) + f". {os.cpu_count()} processors for all of them and "
             f"for what else ran: one-minute load {table.loads[0]:.1f} before and {table.loads[1]:.1f} after. The real client verified each file that Truckee wrote: healthy. *Nodes alone*: what the ten real nodes had of the processors "
             "for Truckee's requests, over the number of processors; on this machine nobody who asks that of them is quicker.",
             "", "| | Truckee | Tahoe-LAFS | ratio | nodes alone |", "|---|---|---|---|---|"]
    for work, name, took, least in table.rows:
        mine, his = took["Truckee"], took["Tahoe-LAFS"]
        lines.append(f"| {work} {name} | {number(mine)} | {number(his)} | {his / mine:.1f} | {number(least)} |")
    return "\n".join(lines)
