"""Faults: what is to befall whom and when, drawn from a seed; and the one who does it."""
import dataclasses
import random
import signal
import threading
import time

# How often of each: a bag is drawn empty before it is filled again, so that a short run has some of each, too.
OF_SERVERS = {"kill": 5, "stop": 4, "restart": 1, "power loss": 4, "full disk": 3}
OF_GATEWAYS = {"kill": 2, "stop": 1, "restart": 1}
BLACKOUT = "blackout"  # all servers lose power at once
LASTS = {"kill": (0.2, 4), "stop": (0.5, 9), "restart": (0, 1), "power loss": (0.2, 3), "full disk": (2, 9), BLACKOUT: (0.5, 2)}
PAUSE = (0.5, 2.5)


@dataclasses.dataclass(frozen=True)
class Fault:
    moment: float  # seconds from the beginning
    kind: str
    whom: str      # "server", "gateway"
    number: int
    lasts: float   # until it is taken back; a start takes its own time on top

    def __str__(self):
        return f"{self.kind}, {self.whom if self.kind == BLACKOUT else f'{self.whom} {self.number}'}, {self.lasts:.1f} s"


def possible(disk):
    """The kinds that disks of that kind let happen: [(kind, whom), ...], as often as each is wanted."""
    left_out = set() if disk.can_fill else {"full disk"}
    if not disk.can_lose_power:
        left_out |= {"power loss", BLACKOUT}
    bag = [(kind, "server") for kind, times in OF_SERVERS.items() for _ in range(times)]
    bag += [(kind, "gateway") for kind, times in OF_GATEWAYS.items() for _ in range(times)]
    return [each for each in [*bag, (BLACKOUT, "servers")] if each[0] not in left_out]


def plan(seed, seconds, bag, servers, gateways, away):
    """Faults in the order of their moments. Never more than `away` servers are away at once, as long as starts take no time: who does
    it waits where they take some. For a blackout all others are back."""
    draw = random.Random(f"faults {seed}")
    out, left, busy, moment = [], [], {}, draw.uniform(*PAUSE)
    while moment < seconds:
        if not left:
            left = draw.sample(bag, len(bag))
        kind, whom = left.pop()
        lasts = draw.uniform(*LASTS[kind])
        number = draw.randrange(gateways if whom == "gateway" else servers)
        busy = {server: until for server, until in busy.items() if until > moment}
        if kind == BLACKOUT and busy:
            moment = max(busy.values())
        elif whom == "server":
            if len(busy) >= away:
                moment = sorted(busy.values())[len(busy) - away]
            busy = {server: until for server, until in busy.items() if until > moment}
            while number in busy:
                number = (number + 1) % servers
        if moment + lasts >= seconds:
            break
        if kind == BLACKOUT:
            busy = {server: moment + lasts for server in range(servers)}
        elif whom == "server":
            busy[number] = moment + lasts
        out.append(Fault(moment, kind, whom, number, lasts))
        moment += draw.uniform(*PAUSE)
    return out


class Away:
    """How many servers may be away at once: who takes one away waits for its turn."""

    def __init__(self, most):
        self.most, self.left, self.changed = most, most, threading.Condition()

    def take(self, how_many):
        with self.changed:
            self.changed.wait_for(lambda: self.left >= how_many)
            self.left -= how_many

    def give(self, how_many):
        with self.changed:
            self.left += how_many
            self.changed.notify_all()


class Doer:
    """Does a plan to a grid. Whom a fault has, nobody else has: each process has a lock, held until it is back."""

    def __init__(self, grid, faults, away, log):
        self.grid, self.faults, self.log = grid, faults, log
        self.away = Away(away)
        self.running = []
        self.done = []       # (fault, seconds from its end until the process answered again)
        self.left_out = []   # faults that found nobody free

    def play(self, begun, ended):
        """Until all are done, or `ended` is set; then until all is back."""
        for fault in self.faults:
            if ended.wait(max(0, begun + fault.moment - time.monotonic())):
                break
            needed = {"server": 1, "servers": self.away.most}.get(fault.whom, 0)
            self.away.take(needed)
            victims = self.take(fault)
            if not victims:
                self.away.give(needed)
                self.left_out.append(fault)
                continue
            thread = threading.Thread(target=self.befall, args=(fault, victims, needed), name=str(fault))
            thread.start()
            self.running.append(thread)
        for thread in self.running:
            thread.join()

    def take(self, fault):
        """The processes it is for, locked; those drawn or, where these are taken, the next."""
        if fault.kind == BLACKOUT:
            for server in self.grid.servers:
                server.lock.acquire()
            return list(self.grid.servers)
        nodes = self.grid.servers if fault.whom == "server" else self.grid.gateways
        for turn in range(len(nodes)):
            node = nodes[(fault.number + turn) % len(nodes)]
            if node.lock.acquire(blocking=False):
                return [node]
        return []

    def befall(self, fault, victims, needed):
        """Gives their locks back, which another thread took."""
        try:
            for node in victims:
                node.must_run()
            self.log(f"{fault.kind}: {victims[0].name if len(victims) == 1 else 'all servers'}, {fault.lasts:.1f} s")
            getattr(self, fault.kind.replace(" ", "_"))(victims if fault.kind == BLACKOUT else victims[0], fault)
        except Exception as error:  # noqa: whatever it is, it is told at the end
            self.grid.trouble(f"{fault}: {error!r}")
        finally:
            for node in victims:
                node.lock.release()
            self.away.give(needed)

    def back(self, fault, nodes, start):
        """They are started, or woken: how long until all of them answer."""
        time.sleep(fault.lasts)
        begun = time.monotonic()
        for node in nodes:
            start(node)
        for node in nodes:
            node.wait_until_listening()
        took = time.monotonic() - begun
        self.done.append((fault, took))
        self.log(f"{fault.kind}: {nodes[0].name if len(nodes) == 1 else 'all servers'} back after {took:.1f} s")

    def kill(self, node, fault):
        node.kill()
        self.back(fault, [node], lambda node: node.start())

    def restart(self, node, fault):
        node.terminate()
        self.back(fault, [node], lambda node: node.start())

    def stop(self, node, fault):
        node.signal(signal.SIGSTOP)
        self.back(fault, [node], lambda node: node.signal(signal.SIGCONT))

    def full_disk(self, server, fault):
        server.disk.fill()
        self.back(fault, [server], lambda server: server.disk.free())

    def power_loss(self, server, fault):
        self.blackout([server], fault)

    def blackout(self, servers, fault):
        # Stopped first: power that fails lets nobody say that something failed.
        for server in servers:
            server.signal(signal.SIGSTOP)
        for server in servers:
            server.wait_until_stopped()
        for server in servers:
            server.disk.cut_power()
        for server in servers:
            server.kill()
            server.disk.power_on()
        self.back(fault, servers, lambda server: server.start())
