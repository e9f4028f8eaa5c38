"""What must hold, whoever of the two writes. A case is told the way (who is there, over which stores) and the two parties in their
order; before it turns to the other it yields him, so that a way on which only one can work at a time may stop the one and start
the other for many cases at once."""
import base64
import collections
import concurrent.futures
import contextlib
import hashlib
import itertools
import pathlib
import random
import shutil
import stat
import subprocess
import time

import shares
from parties import Careless, Failed, Truckee

SIZES = (0, 1, 55, 1000, 131072, 131073, 3 << 20)
HISTORIES_OF_PARTS = 300
ENCODINGS = ((1, 1), (1, 2), (2, 3), (3, 10), (5, 20))


class Wrong(Exception):
    """What was found instead of what must be."""


def expect(truth, otherwise):
    if not truth:
        raise Wrong(otherwise)


def content_of(size, *salt):
    """Bytes that look random and are the same each time."""
    return hashlib.shake_256(repr(salt).encode()).digest(size)


def expect_content(party, cap, content):
    got = party.read(cap)
    expect(got == content, f"{party.name} reads {len(got)} other bytes, not the {len(content)} written")


def expect_healthy(party, cap):
    found = party.check(cap)
    expect(found.healthy, f"{party.name} finds it not healthy: {found.summary}")


def expect_unhealthy(party, cap):
    found = party.check(cap)
    expect(not found.healthy, f"{party.name} does not see the damage: {found.summary}")


def index_of(way, cap):
    return way.truckee.caps(cap)["verify"].split(":")[2]


def shares_of(way, cap):
    return shares.shares_of(way.stores, index_of(way, cap))


def update(party, cap, content, needed, total):
    """Truckee keeps a file's encoding by itself; a real client that has not read the file must be set to it."""
    if party.name == "Truckee":
        party.update(cap, content)
    else:
        party.update(cap, content, encoding=(needed, total))


# -- created ------------------------------------------------------------------------------------------------------------------

def created(size, needed, total):
    def run(way, writer, reader):
        content = content_of(size, writer.name, needed, total)
        yield writer
        cap = writer.create(content, needed, total)
        expect_healthy(writer, cap)
        yield reader
        expect_content(reader, cap, content)
        expect_healthy(reader, cap)
        placed = shares_of(way, cap)
        expect({number for _, number in placed} == set(range(total)), f"the shares are {sorted(n for _, n in placed)}")
        expect({shares.encoding_of(file) for file in placed.values()} == {(needed, total)}, "shares of another encoding")
        most = max(sum(1 for at, _ in placed if at == store) for store in way.stores)
        expect(most == -(-total // len(way.stores)), f"{most} shares on one server")
    return run


def capabilities(way, writer, reader):
    """Both derive the same weaker capabilities, and a read capability of either serves the other."""
    yield writer
    cap = writer.create(b"readers only")
    weaker = writer.caps(cap)
    yield reader
    expect(reader.caps(cap) == weaker, "the weaker capabilities differ")
    expect_content(reader, weaker["read"], b"readers only")
    expect_healthy(reader, weaker["read"])
    # The real client has no use for a capability to verify, though it makes them.
    expect_healthy(way.truckee, weaker["verify"])
    try:
        reader.update(weaker["read"], b"not by a reader")
    except Failed:
        expect_content(writer, cap, b"readers only")
        return
    raise Wrong(f"{reader.name} writes with a read capability")


# -- imported -----------------------------------------------------------------------------------------------------------------

def raw(base32):
    return base64.b32decode(base32.upper() + "=" * (-len(base32) % 8))


def misplaced(way, cap, preferred):
    """Of share number 0 on the first server of the file's own order, the one whose seed comes first of those preferred, and so on:
    the numbers that are elsewhere."""
    index = raw(index_of(way, cap))
    order = sorted(way.grid.nodes, key=lambda node: (node not in preferred, hashlib.sha1(index + raw(node.seed)).digest()))
    placed = {number: store for store, number in shares_of(way, cap)}
    return [number for number, node in enumerate(order) if placed[number] != node.store]


def created_in_order(way, writer, create):
    """Truckee heeds peers.preferred; Tahoe-LAFS 1.20.0 reads it, and places shares as if it were empty. Both leave out who is slow to
    answer at that moment, and the others move up: one of a few files has everybody."""
    preferred = way.grid.preferred if writer.name == "Truckee" else ()
    for _ in range(5):
        cap = create()
        wrong = misplaced(way, cap, preferred)
        if not wrong:
            return cap
    raise Wrong(f"shares {wrong} are on other servers than the client's order gives them")


def imported_of_client(way, writer, reader):
    """The grid file has all of the gateway's own settings: both write with the same spread, to the same servers, and renew each other's
    leases."""
    yield writer
    truckee, nodes = way.truckee, way.grid.nodes
    facts = truckee.facts
    expect(not truckee.complaints and not facts["left_out"], f"left out: {facts['left_out']} {truckee.complaints}")
    expect((facts["needed"], facts["total"], facts["happy"]) == (3, 10, 1), f"another spread: {facts}")
    found = sorted((server["server"], server["id"], server["preferred"]) for server in facts["servers"])
    expect(found == sorted((node.name, node.id, node in way.grid.preferred) for node in nodes), f"other servers: {found}")
    for file in (truckee.folder / "grid.toml", pathlib.Path(facts["lease_secret"])):
        expect(stat.S_IMODE(file.stat().st_mode) == 0o600, f"others may read {file.name}")
    content = content_of(5000, "imported", writer.name)
    # Not by create(), which says what the spread is to be.
    def create():
        return truckee.run("put", truckee.file("content", content))[1].decode().strip() if writer is truckee else writer.create(content)

    cap = created_in_order(way, writer, create)
    yield reader
    expect_content(reader, cap, content)
    expect_healthy(reader, cap)
    reader.update(cap, content[1:])
    placed = shares_of(way, cap).values()
    expect({shares.encoding_of(file) for file in placed} == {(3, 10)}, "shares of another encoding")
    found = [shares.leases_of(file) for file in placed]
    expect(found == [1] * 10, f"leases on the shares: {found}")
    yield writer
    expect_content(writer, cap, content[1:])
    expect_healthy(writer, cap)


def imported_of_nodes(way, first, second):
    """The same ten servers, by what their own directories say."""
    truckee = Truckee.imported(way.truckee.program, way.truckee.folder / "of-nodes", [node.folder for node in way.grid.nodes])
    writer, reader = (truckee if party is way.truckee else party for party in (first, second))
    yield writer
    expect(not truckee.facts["left_out"], f"left out: {truckee.facts['left_out']}")
    found = sorted(server["id"] for server in truckee.facts["servers"])
    expect(found == sorted(node.id for node in way.grid.nodes), f"other servers: {found}")
    content = content_of(131073, "imported of nodes", writer.name)
    cap = created_in_order(way, writer, lambda: writer.create(content))
    for party in (reader, writer):
        expect_content(party, cap, content)
        expect_healthy(party, cap)
        content = content[1:]
        party.update(cap, content)
    for party in (reader, writer):
        expect_content(party, cap, content)
        expect_healthy(party, cap)


# -- updated ------------------------------------------------------------------------------------------------------------------

def updated(size, needed, total):
    """Each writes once over what the other has made or left."""
    def run(way, writer, other):
        yield writer
        cap = writer.create(content_of(size, "first"), needed, total)
        yield other
        content = content_of(size // 2, "second")
        update(other, cap, content, needed, total)
        expect_healthy(other, cap)
        yield writer
        expect_content(writer, cap, content)
        expect_healthy(writer, cap)
        content = content_of(size + 7, "third")
        update(writer, cap, content, needed, total)
        yield other
        expect_content(other, cap, content)
        expect_healthy(other, cap)
        numbers = {shares.sequence_number(file) for file in shares_of(way, cap).values()}
        expect(numbers == {3}, f"versions {sorted(numbers)} where each share must be of version 3")
    return run


def updated_in_turn(way, first, second):
    """Twenty versions, longer and shorter ones, empty ones; after each both read and check all of it."""
    yield first
    cap = first.create(b"version 1")
    for turn in range(20):
        writer = (second, first)[turn % 2]
        content = content_of((0, 1, 55, 131073, 1000)[turn % 5], turn)
        yield writer
        writer.update(cap, content)
        for party in (first, second):
            yield party
            expect_content(party, cap, content)
            expect_healthy(party, cap)
    numbers = {shares.sequence_number(file) for file in shares_of(way, cap).values()}
    expect(numbers == {21}, f"versions {sorted(numbers)} where each share must be of version 21")


def encoding_kept(way, writer, other):
    """Who is set to 3 of 10 leaves a file of 2 of 4 as it is, once it has read it."""
    yield writer
    cap = writer.create(b"two of four", 2, 4)
    yield other
    if other is way.tahoe:
        other.update(cap, b"still two of four", encoding=(3, 10), read_first=True)
    else:
        other.update(cap, b"still two of four")
    yield writer
    expect_content(writer, cap, b"still two of four")
    found = {shares.encoding_of(file) for file in shares_of(way, cap).values()}
    expect(found == {(2, 4)}, f"shares of {found}")
    expect_healthy(writer, cap)


def encoding_changed(way, writer, other):
    """Who is told to changes 2 of 4 into 3 of 10, as the real client does that overwrites a file without having read it."""
    yield writer
    cap = writer.create(b"two of four", 2, 4)
    yield other
    other.update(cap, b"three of ten", encoding=(3, 10))
    expect_healthy(other, cap)
    yield writer
    expect_content(writer, cap, b"three of ten")
    expect_healthy(writer, cap)
    found = {shares.encoding_of(file) for file in shares_of(way, cap).values()}
    expect(found == {(3, 10)}, f"shares of {found}")


def directory(way, real, truckee):
    """A directory of the real client: Truckee verifies and mends its shares; the real client goes on with it."""
    yield real
    cap = real.make_directory(["one", "two"])
    yield truckee
    expect_healthy(truckee, cap)
    for file in some_shares(way, cap, 3):
        shares.flip(file, "block")
    expect_unhealthy(truckee, cap)
    truckee.repair(cap)
    expect_healthy(truckee, cap)
    yield real
    expect_healthy(real, cap)
    real.add_to_directory(cap, "three")
    names = real.list_directory(cap)
    expect(names == ["one", "three", "two"], f"the directory has {names}")
    yield truckee
    expect_healthy(truckee, cap)


def tahoe_commands(way, real, truckee):
    """A person's commands on a directory: what of it is mutable lies on the servers, and a file of 40 bytes in its capability."""
    yield real
    file = way.grid.root.work / "small"
    file.write_bytes(b"forty bytes are kept in the capability..")
    cap = real.tahoe("mkdir").strip()
    inside = way.grid.root.inside(file)
    real.tahoe("cp", inside, f"{cap}/small")
    real.tahoe("put", "--format=sdmf", inside, f"{cap}/mutable")
    real.tahoe("mkdir", f"{cap}/below")
    names = sorted(real.tahoe("ls", cap).split())
    expect(names == ["below", "mutable", "small"], f"ls shows {names}")
    for name in ("small", "mutable"):
        expect(real.tahoe("get", f"{cap}/{name}").encode() == file.read_bytes(), f"{name} is read otherwise")
    real.tahoe("unlink", f"{cap}/small")
    names = sorted(real.tahoe("ls", cap).split())
    expect(names == ["below", "mutable"], f"after unlink, ls shows {names}")
    expect_healthy(real, cap)
    yield truckee
    expect_healthy(truckee, cap)


def segmented(size, needed, total):
    """An MDMF file, made by one, read and verified by both, updated by the other and by the first again."""
    def run(way, writer, reader):
        content = content_of(size, writer.name, needed, total)
        yield writer
        cap = writer.create(content, needed, total, layout="mdmf")
        expect(cap.startswith("URI:MDMF:"), f"it is {cap[:12]}")
        expect_healthy(writer, cap)
        for step, (one, other) in enumerate(((writer, reader), (reader, writer))):
            yield other
            expect_content(other, cap, content)
            expect_healthy(other, cap)
            content = content_of(size + 1000 * step + 1, other.name, step)
            update(other, cap, content, needed, total)
            yield one
            expect_content(one, cap, content)
            expect_healthy(one, cap)
    return run
    expect_healthy(real, cap)


class PlainBytes:
    """What a file must be, as a plain array of bytes, and writes into parts of it, drawn from a seed."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.now = self.some(self.draw.choice((0, 1, 131071, 131072, 131073, self.draw.randrange(400_000))))

    def some(self, size):
        return self.draw.randbytes(size)

    def next_write(self):
        """(data, offset or nothing for an append, whether the file ends behind it); the array is as it is afterwards."""
        data = self.some(1 + self.draw.randrange(150_000 if self.draw.random() < 0.3 else 300))
        kind, size = self.draw.random(), len(self.now)
        if kind < 0.3:
            self.now += data
            return data, None, False
        edge = 131073 * self.draw.randrange(4)  # a segment of 3 of 10 has so many
        offset = self.draw.choice((self.draw.randrange(size + 1), max(0, edge - self.draw.randrange(3)), size, size + self.draw.randrange(200_000)))
        cut = kind > 0.8
        self.now = self.now.ljust(offset, b"\0")[:offset] + data + (b"" if cut else self.now[offset + len(data):])
        return data, offset, cut


def histories_of_parts(seeds, steps=5):
    """Files written in parts by Truckee; after each step the real client reads all of it, and what it wrote whole is gone on with."""
    def run(way, truckee, real):
        yield truckee
        alone = 0
        for seed in seeds:
            file = PlainBytes(f"parts {seed}")
            writer = real if file.draw.random() < 0.2 else truckee
            cap = writer.create(file.now, layout="mdmf")
            for step in range(steps):
                where = f"history {seed}, step {step}: "
                if file.draw.random() < 0.1:
                    file.now = file.some(file.draw.randrange(300_000))
                    update(real, cap, file.now, 3, 10)
                else:
                    alone += truckee.write_part(cap, *file.next_write())
                got = real.read(cap)
                expect(got == file.now, where + f"{real.name} reads {len(got)} other bytes, not the {len(file.now)} that are to be there")
                if step in (1, steps - 1):
                    found = real.check(cap)
                    expect(found.healthy, where + f"{real.name} finds it not healthy: {found.summary}")
                    expect(truckee.read(cap) == file.now, where + "Truckee reads other bytes")
        expect(alone > len(seeds) * steps / 2, f"only {alone} parts were sent alone")
    return run


# -- damaged ------------------------------------------------------------------------------------------------------------------

def some_shares(way, cap, count):
    placed = shares_of(way, cap)
    return [placed[at] for at in sorted(placed, key=lambda at: at[1])][1:1 + count]


def repaired(harm, count=3):
    """What one has written is damaged, repaired by the other, and whole for both."""
    def run(way, writer, mender):
        content = content_of(5000, "to be mended")
        yield writer
        cap = writer.create(content)
        for file in some_shares(way, cap, count):
            harm(file)
        expect_content(writer, cap, content)
        yield mender
        expect_unhealthy(mender, cap)
        expect_content(mender, cap, content)
        mender.repair(cap)
        expect_healthy(mender, cap)
        yield writer
        expect_content(writer, cap, content)
        expect_healthy(writer, cap)
        numbers = {number for _, number in shares_of(way, cap)}
        expect(numbers == set(range(10)), f"the shares are {sorted(numbers)}")
    return run


def unsigned(harm):
    """Damage to the proof of a share whose content is good: both read on. Truckee names and mends it. The real client proves a
    signature once for all shares that say the same, so it may call such a file healthy."""
    def run(way, writer, reader):
        content = content_of(5000, "damaged")
        yield writer
        cap = writer.create(content)
        for file in some_shares(way, cap, 3):
            harm(file)
        yield reader
        expect_content(reader, cap, content)
        yield way.truckee
        expect_unhealthy(way.truckee, cap)
        way.truckee.repair(cap)
        expect_healthy(way.truckee, cap)
        yield way.tahoe
        expect_content(way.tahoe, cap, content)
        expect_healthy(way.tahoe, cap)
    return run


def too_few(way, writer, reader):
    """With two of three needed shares left, the other says so and gives nothing."""
    yield writer
    cap = writer.create(b"lost")
    for file in some_shares(way, cap, 8):
        file.unlink()
    yield reader
    expect_unhealthy(reader, cap)
    try:
        got = reader.read(cap)
    except Failed:
        return
    raise Wrong(f"{reader.name} reads {got!r}")


def older_shares(way, writer, other):
    """Three servers were away while a file was written: the other finds the old shares, reads the new version, mends all."""
    yield writer
    cap = writer.create(b"the old version")
    kept = {file: file.read_bytes() for file in some_shares(way, cap, 3)}
    writer.update(cap, b"the new version")
    for file, container in kept.items():
        file.write_bytes(container)
    yield other
    expect_content(other, cap, b"the new version")
    expect_unhealthy(other, cap)
    other.repair(cap)
    expect_healthy(other, cap)
    yield writer
    expect_content(writer, cap, b"the new version")
    expect_healthy(writer, cap)


def rolled_back(way, writer, other):
    """Fewer shares than needed of a newer version: the older one is read, and the next version is above both."""
    yield writer
    cap = writer.create(b"the old version")
    kept = {file: file.read_bytes() for file in shares_of(way, cap).values()}
    writer.update(cap, b"the new version, of which too little is left")
    for file in list(kept)[2:]:
        file.write_bytes(kept[file])
    yield other
    expect_unhealthy(other, cap)
    expect_content(other, cap, b"the old version")
    other.update(cap, b"the version above both")
    expect_healthy(other, cap)
    yield writer
    expect_content(writer, cap, b"the version above both")
    numbers = {shares.sequence_number(file) for file in shares_of(way, cap).values()}
    expect(numbers == {3}, f"versions {sorted(numbers)} where each share must be of version 3")


def wrong_write_enabler(way, writer, other):
    """Two stores took another node id: the other writes to the rest, and all read the new version."""
    yield writer
    cap = writer.create(b"before")
    for file in some_shares(way, cap, 2):
        shares.set_write_enabler(file)
    yield other
    other.update(cap, b"after")
    expect_content(other, cap, b"after")
    yield writer
    expect_content(writer, cap, b"after")
    expect_unhealthy(writer, cap)


# -- stores and leases --------------------------------------------------------------------------------------------------------

def lease_renewed(way, writer, other):
    """With one lease secret for both, each renews the other's lease and adds none."""
    yield writer
    cap = writer.create(b"leased")
    yield other
    other.update(cap, b"leased again")
    held = way.tahoe.leases(cap)
    expect(len(held) == 10 and all(len(ends) == 1 for ends in held.values()), f"leases: {sorted(len(ends) for ends in held.values())}")


def moved(way, writer, other):
    """The store of one server is carried to `truckee storage`, used there, and carried back."""
    yield writer
    cap = writer.create(b"at home")
    yield way.truckee
    servers, store = way.truckee.servers, way.stores[4]
    away = way.truckee.folder / "moved"
    shutil.move(store, away)
    if not (away / "my_nodeid").exists():
        shutil.copy(store.parent / "my_nodeid", away / "my_nodeid")
    try:
        with way.truckee.serving(away) as address:
            way.truckee.use([f'name = "away"\ncaf = "{address}"' if number == 4 else server
                             for number, server in enumerate(servers)])
            expect_content(way.truckee, cap, b"at home")
            expect_healthy(way.truckee, cap)
            way.truckee.update(cap, b"abroad")
            new = way.truckee.create(b"made abroad")
    finally:
        shutil.move(away, store)
        way.truckee.use(servers)
    yield other
    for made, content in ((cap, b"abroad"), (new, b"made abroad")):
        expect_content(other, made, content)
        expect_healthy(other, made)
    yield way.tahoe
    way.tahoe.update(new, b"and home again")
    expect_healthy(way.tahoe, new)
    yield way.truckee
    expect_content(way.truckee, new, b"and home again")
    expect_healthy(way.truckee, new)


# -- nodes --------------------------------------------------------------------------------------------------------------------

def node_away(stop, start):
    """A node is stopped or hangs while the one writes and the other reads; when it is back, its old share is seen and mended."""
    def run(way, writer, reader):
        yield writer
        cap = writer.create(b"all nodes")
        node = way.grid.nodes[3]
        stop(node)
        try:
            writer.update(cap, b"all but one")
            expect_content(writer, cap, b"all but one")
            expect_content(reader, cap, b"all but one")
        finally:
            start(node)
            way.grid.wait_until_complete()
        expect_unhealthy(reader, cap)
        expect_content(reader, cap, b"all but one")
        reader.repair(cap)
        expect_healthy(reader, cap)
        expect_content(writer, cap, b"all but one")
        expect_healthy(writer, cap)
    return run


def advised(way, writer, reader):
    """Who meets a share that its signature does not prove tells its server, which keeps what it was told. (Of a damaged block the real
    client tells another share number.)"""
    yield writer
    cap = writer.create(content_of(5000, "advice"))
    file, = some_shares(way, cap, 1)
    shares.flip(file, "sequence number")
    yield reader
    expect_unhealthy(reader, cap)
    store = file.parents[3]
    kept = [advice.name for advice in (store / "corruption-advisories").iterdir() if index_of(way, cap) in advice.name]
    expect(kept, "the server has no advice about the share")


# -- collisions ---------------------------------------------------------------------------------------------------------------

def at_once(*calls):
    """What each call gives, or the Failed that it raised; all started together."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(call) for call in calls]
        return [future.exception() or future.result() for future in futures]


def collisions(rounds):
    """Both publish at the same time: at least one is told each time that it was not alone, unless one came after the other; the file
    stays readable by both, and what they read is what one of them wrote, or what was there before where both were told."""
    def run(way, first, second):
        yield first
        last = b"round 0"
        cap = first.create(last)
        for turn in range(rounds):
            contents = {party: f"round {turn} by {party.name}".encode() + content_of(3000, turn, party.name) for party in (first, second)}
            before = max(shares.sequence_number(file) for file in shares_of(way, cap).values())
            ends = at_once(*(lambda party=party: party.update(cap, contents[party]) for party in (first, second)))
            for end in ends:
                expect(end is None or isinstance(end, Failed), f"round {turn}: {end!r}")
            after = max(shares.sequence_number(file) for file in shares_of(way, cap).values())
            told = [end for end in ends if end is not None]
            expect(told or after >= before + 2, f"round {turn}: both were told of success, and there is one new version")
            got = {party.name: party.read(cap) for party in (first, second)}
            # Who reads asks no more servers than it needs, and may meet any version that enough of them have.
            expect(got[first.name] == got[second.name] or len(readable_versions(way, cap)) >= 2,
                   f"round {turn}: they read different content of one version: {whose(got, contents)} of {found_versions(way, cap)}")
            for content in got.values():
                expect(content in contents.values() or (len(told) == 2 and content == last), f"round {turn}: what is read is neither's")
            mended(way, cap, (first, second) if turn % 2 else (second, first))
            last = first.read(cap)
    return run


def found_versions(way, cap):
    """Which shares each version has, over all servers."""
    found = collections.defaultdict(set)
    for (_, number), file in shares_of(way, cap).items():
        found[shares.version_of(file)].add(number)
    return dict(found)


def readable_versions(way, cap):
    """The versions that have the three shares a reader needs."""
    return [version for version, numbers in found_versions(way, cap).items() if len(numbers) >= 3]


def whose(got, contents):
    """Who read whose content, in words."""
    by = {content: party.name for party, content in contents.items()}
    return ", ".join(f"{reader} reads {by.get(content, 'older')}" for reader, content in got.items())


# Two writers at once may leave some shares of a newer version, or two readable versions of one number. A repair would give the content
# of one up, so both refuse it unless they are forced; the real client also where a version of that number has too few shares.
REFUSALS = {"Tahoe-LAFS": ("MustForceRepairError",),
            "Truckee": ("a newer version cannot be read", "two recoverable versions have the highest sequence number")}


def mended(way, cap, parties):
    """Each may repair what it finds, or refuse for one of those reasons. The next update lies above all of it."""
    for party in parties:
        if not party.check(cap).healthy:
            try:
                party.repair(cap)
            except Failed as error:
                expect(any(reason in str(error) for reason in REFUSALS[party.name]), str(error))
    if not all(party.check(cap).healthy for party in parties):
        parties[0].update(cap, b"alone again")
    for party in parties:
        expect_healthy(party, cap)


# -- a careless writer --------------------------------------------------------------------------------------------------------

def expect_gone(truckee, cap, acknowledged):
    """A version that Truckee acknowledged and that others wrote over: a map shows theirs, and who builds on it is told so."""
    version, root = acknowledged
    others = [seen for seen in truckee.versions(cap) if seen[0] >= version and seen != (version, root[:8])]
    expect(others, f"version {version} is refused as a base, and no map shows another one")
    code, report = truckee.put(cap, b"on top of what is gone", "--if-version", f"{version}:{root}", accepted=(0, 3))
    expect(code == 3, "it writes on top of a version that is gone")
    expect(report["effect"] == "not_applied" and report["error"]["kind"] == "uncoordinated_write", f"it says {report['error']}")
    expect(any(found_root in report["error"]["detail"] for _, found_root in others),
           f"it does not say which version is there: {report['error']['detail']}")


def written_over(rounds):
    """A blind writer puts his version over one that Truckee has acknowledged, with the same number: nothing tells a client of it, so
    the next look must."""
    def run(way, truckee, real):
        yield truckee
        cap = truckee.create(b"round 0")
        with contextlib.closing(Careless(way.grid.root, way.grid.nodes)) as careless:
            for turn in range(rounds):
                mine, his = (content_of(3000, turn, whose) for whose in ("Truckee", "careless"))
                careless.look(cap)
                _, report = truckee.put(cap, mine)
                careless.publish(cap, his, blind=True)
                careless.settle()
                expect_content(truckee, cap, his)
                expect_content(real, cap, his)
                expect_gone(truckee, cap, (report["version"], report["root"]))
                truckee.update(cap, mine)
                for party in (truckee, real):
                    expect_content(party, cap, mine)
                    expect_healthy(party, cap)
    return run


def beside_careless(rounds):
    """Truckee and a careless writer, blind in every second round, publish at the same time. What Truckee acknowledges is there
    afterwards, or its next look says that another version is; what it says was not applied has too few shares to be read."""
    def run(way, truckee, real):
        yield truckee
        last = b"round 0"
        cap = truckee.create(last)
        with contextlib.closing(Careless(way.grid.root, way.grid.nodes)) as careless:
            for turn in range(rounds):
                mine, his = (content_of(3000, turn, whose) for whose in ("Truckee", "careless"))
                ends = at_once(lambda: truckee.put(cap, mine, accepted=(0, 3)), lambda: careless.publish(cap, his, turn % 2 == 0))
                careless.settle()
                expect(not isinstance(ends[0], BaseException), f"round {turn}: Truckee says {ends[0]}")
                expect(ends[1] is None or isinstance(ends[1], Failed), f"round {turn}: {ends[1]!r}")
                code, report = ends[0]
                own = report["version"], report["root"][:8]
                got = truckee.read(cap)
                expect(got in (mine, his, last), f"round {turn}: what is read is nobody's")
                if code == 0:
                    expect(own in truckee.versions(cap) or got != mine, f"round {turn}: it reads a version that no map shows")
                    if set(truckee.versions(cap)) != {own}:
                        expect_gone(truckee, cap, (report["version"], report["root"]))
                    else:
                        expect(got == mine, f"round {turn}: acknowledged, the only version, and not what is read")
                else:
                    expect(report["error"]["kind"] == "uncoordinated_write", f"round {turn}: {report['error']}")
                    expect(report["effect"] != "not_applied" or (got != mine and not truckee.versions(cap).get(own)),
                           f"round {turn}: it says that its content is not in the file, and it can be read")
                last = mine + b" alone"
                truckee.update(cap, last)
                for party in (truckee, real):
                    expect_content(party, cap, last)
                    expect_healthy(party, cap)
    return run


# -- full disks ---------------------------------------------------------------------------------------------------------------

@contextlib.contextmanager
def small_disk(way, node, mebibytes=8):
    """The node's store on a small disk of its own, as long as the block lasts; what the block is given fills that disk, or makes room."""
    kept = node.store.with_name(node.store.name + "-kept")

    def restart(meanwhile):
        node.stop()
        meanwhile()
        node.start()
        way.grid.wait_until_complete()

    def onto():
        shutil.copytree(node.store, kept)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", node.store], check=True)
        shutil.copytree(kept, node.store, dirs_exist_ok=True)
        shutil.rmtree(kept)

    def off():
        shutil.copytree(node.store, kept)
        subprocess.run(["umount", node.store], check=True)
        shutil.copytree(kept, node.store, dirs_exist_ok=True)
        shutil.rmtree(kept)

    filler = node.store / "filler"

    def fill():
        with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))

    restart(onto)
    try:
        yield fill, filler.unlink
    finally:
        filler.unlink(missing_ok=True)
        restart(off)


def full_disk(way, writer, mender):
    """One of ten servers has no byte left: both create, write longer versions and mend on the other nine; with room again, the server
    gets its share back."""
    yield writer
    node = way.grid.nodes[3]
    cap = writer.create(b"while there is room")
    with small_disk(way, node) as (fill, make_room):
        fill()
        long = content_of(200000, "a full disk", writer.name)
        new = writer.create(long)
        writer.update(cap, long)
        for made in (cap, new):
            for party in (writer, mender):
                expect_content(party, made, long)
            if not mender.check(made).healthy:
                mender.repair(made)
            for party in (writer, mender):
                expect_content(party, made, long)
            placed = {at: shares.version_of(file) for at, file in shares_of(way, made).items() if shares.has_version(file)}
            newest = max(placed.values())
            there = {number for (_, number), version in placed.items() if version == newest}
            expect(there == set(range(10)), f"after the repair the newest version has shares {sorted(there)}")
        make_room()
        for made in (cap, new):
            # A real server may keep what it began to make: an empty container, which it can neither read nor write. Truckee says where;
            # whoever keeps that server removes it.
            empty = [file for file in shares_of(way, made).values() if not shares.has_version(file)]
            expect(not empty or way.kind == HTTPS, "a store of Truckee's has an empty container")
            if empty:
                found = way.truckee.check(made)
                expect(not found.healthy and f"; {node.name}, share {empty[0].name}: " in found.summary, f"no word of it: {found.summary}")
            for file in empty:
                file.unlink()
            mender.update(made, long[1:])
            for party in (writer, mender):
                expect_content(party, made, long[1:])
                expect_healthy(party, made)


# -- all of them --------------------------------------------------------------------------------------------------------------

class Case:
    """One row of the table."""
    made = itertools.count()

    def __init__(self, section, title, run, ways, long=False, first=None):
        """first: who comes first, where only one order makes sense."""
        self.number = next(self.made)
        self.section, self.title, self.run, self.ways, self.long, self.first = section, title, run, ways, long, first


IN_PROCESS, STOPPED, HTTPS, SERVERS, MIXED = "in process", "stopped", "https", "truckee servers", "mixed"
EVERYWHERE = (IN_PROCESS, STOPPED, HTTPS, SERVERS, MIXED)
CONTRACT = "contract"  # no way to meet: the peer's own tests


def words(size):
    return {131072: "128 KiB", 131073: "128 KiB + 1 B", 262144: "256 KiB", 3 << 20: "3 MiB", 40 << 20: "40 MiB", 100 << 20: "100 MiB"}.get(size, f"{size} B")


def all_cases():
    made = "Created by one, read and verified by both"
    for needed, total in ENCODINGS:
        for size in SIZES:
            common = (needed, total) == (3, 10)
            yield Case(made, f"{needed} of {total}, {words(size)}", created(size, needed, total),
                       EVERYWHERE if common and size == 131073 else (IN_PROCESS, HTTPS, SERVERS) if common else (IN_PROCESS,),
                       long=not common and size not in (55, 131073))
    yield Case(made, "3 of 255, 1000 B", created(1000, 3, 255), (IN_PROCESS,), long=True)
    yield Case(made, "capabilities to read and to verify", capabilities, (IN_PROCESS,))

    again = "Updated by the other, and again by the first"
    for needed, total in ENCODINGS:
        yield Case(again, f"{needed} of {total}, 1000 B", updated(1000, needed, total), EVERYWHERE if total == 10 else (IN_PROCESS,))
    yield Case(again, "3 of 10, 3 MiB", updated(3 << 20, 3, 10), (IN_PROCESS, HTTPS, SERVERS), long=True)
    yield Case(again, "twenty versions in turn, both read and verify each", updated_in_turn, (IN_PROCESS, HTTPS, SERVERS))
    yield Case(again, "2 of 4 kept by who is set to 3 of 10", encoding_kept, (IN_PROCESS,))
    yield Case(again, "2 of 4 changed into 3 of 10", encoding_changed, (IN_PROCESS,))

    harmed = "Written by one, damaged, repaired by the other"
    yield Case(harmed, "three share files removed", repaired(lambda file: file.unlink()), EVERYWHERE)
    yield Case(harmed, "seven share files removed", repaired(lambda file: file.unlink(), 7), (IN_PROCESS, HTTPS, SERVERS))
    for part in ("sequence number", "root", "block", "block hash", "hash chain", "private key"):
        yield Case(harmed, f"a bit of the {part} in three shares", repaired(lambda file, part=part: shares.flip(file, part)),
                   EVERYWHERE if part == "block" else (IN_PROCESS,))
    for part in ("public key", "signature"):
        yield Case(harmed, f"a bit of the {part} in three shares: Truckee sees and mends it",
                   unsigned(lambda file, part=part: shares.flip(file, part)), (IN_PROCESS,))
    yield Case(harmed, "three shares end before their block", repaired(shares.cut), (IN_PROCESS,))
    yield Case(harmed, "three servers have the version before", older_shares, EVERYWHERE)
    yield Case(harmed, "two shares of a newer version: the next is above it", rolled_back, (IN_PROCESS,))
    yield Case(harmed, "too few shares: said, nothing read", too_few, (IN_PROCESS, HTTPS, SERVERS))
    yield Case(harmed, "two stores with other write enablers", wrong_write_enabler, (IN_PROCESS, HTTPS, SERVERS))

    imported = "With a grid file by `truckee grid import`"
    yield Case(imported, "of the real client's directory: its servers, spread, order, lease secret", imported_of_client,
               (HTTPS, SERVERS, MIXED))
    yield Case(imported, "of the storage nodes' directories", imported_of_nodes, (HTTPS,))

    stores = "Stores and leases"
    yield Case(stores, "one lease, renewed by the other", lease_renewed, (IN_PROCESS,))
    yield Case(stores, "a store carried to `truckee storage` and back", moved, (IN_PROCESS, STOPPED))

    other = "What is more than a file"
    yield Case(other, "a directory: its shares verified and mended by Truckee", directory, (IN_PROCESS, SERVERS, MIXED), first="Tahoe-LAFS")
    yield Case(other, "`tahoe mkdir`, `put`, `cp`, `ls`, `get`, `unlink`", tahoe_commands, (HTTPS, SERVERS, MIXED), first="Tahoe-LAFS")

    segments = "MDMF: created by one, updated in turn, read and verified by both"
    for needed, total, sizes in ((1, 1, (131073,)), (1, 2, (131073,)), (2, 3, (131072, 131073)),
                                 (3, 10, (0, 1, 131071, 131072, 131073, 262144, 3 << 20))):
        for size in sizes:
            yield Case(segments, f"{needed} of {total}, {words(size)}", segmented(size, needed, total), (IN_PROCESS,))
    # Truckee never has all of these in memory, but brings shares in pieces. Over HTTPS they would fill the nodes' stores, which
    # another case fills by itself.
    yield Case(segments, "3 of 10, 40 MiB", segmented(40 << 20, 3, 10), (IN_PROCESS,))
    yield Case(segments, "3 of 10, 100 MiB", segmented(100 << 20, 3, 10), (IN_PROCESS,), long=True)

    parts = "MDMF: written in parts by Truckee, read by the real client after each step"
    for first in range(0, HISTORIES_OF_PARTS, 30):
        yield Case(parts, f"3 of 10, histories {first} to {first + 29}", histories_of_parts(range(first, first + 30)), (IN_PROCESS,),
                   long=first > 0, first="Truckee")

    nodes = "Nodes that fail, over HTTPS"
    yield Case(nodes, "one stopped, updated without it, started, repaired", node_away(lambda node: node.stop(), lambda node: node.start()),
               (HTTPS, SERVERS))
    yield Case(nodes, "one hangs, updated without it, goes on, repaired", node_away(lambda node: node.hang(), lambda node: node.go_on()),
               (HTTPS, SERVERS), long=True)
    yield Case(nodes, "advice about a damaged share is kept by its server", advised, (HTTPS, SERVERS))

    yield Case(nodes, "a server's disk is full: created, updated, repaired; then there is room", full_disk, (HTTPS, SERVERS))

    careless = "A careless writer: done at k shares, deaf for conflicts"
    yield Case(careless, "what Truckee acknowledged is written over: its next look says so", written_over(3), (HTTPS,), first="Truckee")
    yield Case(careless, "what Truckee acknowledged is written over, on other servers", written_over(3), (SERVERS, MIXED), long=True, first="Truckee")
    yield Case(careless, "both at the same time, three times", beside_careless(3), (SERVERS,), first="Truckee")
    yield Case(careless, "both at the same time, ten times", beside_careless(10), (HTTPS, SERVERS, MIXED), long=True, first="Truckee")

    yield Case("Both publish at the same time", "ten times: one is told, both read on", collisions(10), (HTTPS, SERVERS, MIXED))
    yield Case("Both publish at the same time", "a hundred times", collisions(100), (HTTPS,), long=True)
