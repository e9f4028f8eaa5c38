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
# MDMF: with a write of 1 KiB into the middle beside the whole.
LARGE = {"1 MiB": 1 << 20, "100 MiB": 100 << 20}
LARGE_ROUNDS = {"1 MiB": 5, "100 MiB": 3}
SPLICE = "write 1 KiB into"
LARGE_WORKS = (*WORKS, SPLICE)


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

    def ask(self, method, cap=None, content=None, **more):
        fields = {"Authorization": f"Bearer {self.token}", **({"Truckee-Capability": cap} if cap else {}),
                  **{name.replace("_", "-"): value for name, value in more.items()}}
        with contextlib.closing(http.client.HTTPConnection(self.at, timeout=180)) as line:
            line.request(method, "/v1/file", content, fields)
            answer = line.getresponse()
            body = answer.read()
        if answer.status not in (200, 201):
            raise Failed(f"{method}: {answer.status} {body[:300]!r}")
        return body

    def create(self, content, layout="sdmf"):
        return json.loads(self.ask("PUT", content=content, Truckee_Format=layout))["write_cap"]

    def update(self, cap, content):
        self.ask("PUT", cap, content)

    def read(self, cap):
        return self.ask("GET", cap)

    def write_part(self, cap, data, offset):
        self.ask("PATCH", cap, data, Content_Range=f"bytes {offset}-{offset + len(data) - 1}/*")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)


def milliseconds(call, *words):
    """What it took, and what it gave."""
    started = time.perf_counter()
    given = call(*words)
    return 1000 * (time.perf_counter() - started), given


def processes_of(parties):
    """Their folders in /proc: of each its own and those that it started."""
    waiting = [party.process.pid for party in parties]
    while waiting:
        process = pathlib.Path("/proc") / str(waiting.pop())
        yield process
        for thread in (process / "task").iterdir():
            waiting += (thread / "children").read_text().split()


def processor_milliseconds(nodes):
    """What the nodes' processes have had of the processors since they began."""
    return sum(int((thread / "schedstat").read_text().split()[0])
               for process in processes_of(nodes) for thread in (process / "task").iterdir()) / 1e6


def forget_peak(gateway):
    for process in processes_of([gateway]):
        (process / "clear_refs").write_text("5")


def peak_mib(gateway):
    """The most memory that its largest process has had since."""
    return max(int(line.split()[1]) for process in processes_of([gateway])
               for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM:")) / 1024


def loopback_bytes():
    """That went through the only network there is, since it came up."""
    for line in pathlib.Path("/proc/net/dev").read_text().splitlines():
        if line.strip().startswith("lo:"):
            return int(line.split(":")[1].split()[0])
    raise Failed("there is no loopback")


class Table:
    """rows: (work, size, {name: milliseconds, the median}, the least that Truckee's requests take: what the nodes had of the processors,
    over the number of processors, the median); large: (work, size, {name: (milliseconds, bytes between gateway and servers, MiB of the
    gateway's memory at most), each the median}); loads: of the machine, before and after."""

    def __init__(self):
        self.rows, self.large, self.loads = [], [], [os.getloadavg()[0]]


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


def measure_large(table, gateways, name):
    """One size of an MDMF file; after each write both read what all is now, and the real client verifies it at the end. Neither is
    measured."""
    size, caps, now, real = LARGE[name], {}, {}, gateways[-1]
    took = {}
    for work in LARGE_WORKS:
        for turn in range(LARGE_ROUNDS[name]):
            for gateway in gateways:
                content = cases.content_of(size if work != SPLICE else 1024, work, turn, gateway.name)
                forget_peak(gateway)
                moved = loopback_bytes()
                asked = len(content)
                if work == "create":
                    spent, caps[gateway] = milliseconds(lambda: gateway.create(content, layout="mdmf"))
                    now[gateway] = content
                elif work == "update":
                    spent, _ = milliseconds(gateway.update, caps[gateway], content)
                    now[gateway] = content
                elif work == "read":
                    spent, got = milliseconds(gateway.read, caps[gateway])
                    asked = len(got)
                    cases.expect(got == now[gateway], f"{gateway.name} reads other bytes than it wrote")
                else:
                    at = size // 2 - 512 + 2048 * turn
                    spent, _ = milliseconds(gateway.write_part, caps[gateway], content, at)
                    now[gateway] = now[gateway][:at] + content + now[gateway][at + len(content):]
                moved = loopback_bytes() - moved - asked
                took.setdefault((work, gateway.name), []).append((spent, moved, peak_mib(gateway)))
                if work == SPLICE:
                    for reader in gateways:
                        cases.expect(reader.read(caps[gateway]) == now[gateway], f"{reader.name} reads other bytes than {gateway.name} wrote")
        table.large.append((work, name, {gateway.name: tuple(statistics.median(each) for each in zip(*took[work, gateway.name]))
                                         for gateway in gateways}))
    for gateway in gateways:
        cases.expect_healthy(real, caps[gateway])


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
        for name in LARGE:
            measure_large(table, (gateway, grid.gateway), name)
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
    return "\n".join(lines + large_page(table, number))


def large_page(table, number):
    """What an MDMF file takes, beside a part of it."""
    def moved(x):
        return f"{x / (1 << 20):.1f} MiB" if x >= 1 << 20 else f"{x / 1024:.0f} KiB"
    lines = ["", "## MDMF files, whole and in part, on the same ten real servers",
             "The same two gateways in turn, in the same run, medians of " + ", ".join(f"{LARGE_ROUNDS[name]} ({name})" for name in LARGE) +
             ": milliseconds; what went between gateway and servers (over loopback, TLS and HTTP included, without the content between gateway and who "
             "asked); the most memory that the gateway's process had meanwhile, the content included, which both are sent over HTTP as a whole. *Write "
             "1 KiB into* it: into the middle, which keeps the rest. After each of those both read the whole file, and the real client verified it at the "
             "end: healthy.",
             "", "| | Truckee | Tahoe-LAFS | ratio | moved by Truckee | by Tahoe-LAFS | memory of Truckee | of Tahoe-LAFS |", "|---|---|---|---|---|---|---|---|"]
    for work, name, found in table.large:
        mine, his = found["Truckee"], found["Tahoe-LAFS"]
        lines.append(f"| {work} {name} | {number(mine[0])} | {number(his[0])} | {his[0] / mine[0]:.1f} | {moved(mine[1])} | {moved(his[1])} | "
                     f"{mine[2]:.0f} MiB | {his[2]:.0f} MiB |")
    return lines

