"""The peer's own contract tests, with a server of Truckee's behind its real client in place of its own server in memory.

trial contract.TESTS, from a folder that may be written to. INTEROP_SERVERS is a folder that the suite watches: whoever makes a folder
in it, with a file `wanted`, gets a `truckee storage --gbs-listen` on it, whose private/storage.nurl then says where it is.

Time is the server's own, which nobody can turn: what a test calls "time passes" makes the leases that the server has so much older
instead, and what is read of them is told in the test's time.
"""
import glob
import os
import shutil
import struct
import tempfile
import time

from hyperlink import DecodedURL
from hypothesis import settings
from treq.client import HTTPClient
from twisted.internet import defer, reactor
from twisted.web.client import Agent, HTTPConnectionPool
from twisted.web.iweb import IAgent
from zope.interface import implementer

from allmydata.storage.http_client import StorageClient, _StorageClientHTTPSPolicy, response_is_not_html
from allmydata.storage.server import StorageServer
from allmydata.storage_client import _HTTPStorageServer
from allmydata.test import common_system, test_istorageserver, test_storage_http, test_storage_https
from allmydata.test.common import AsyncTestCase

SERVERS = os.environ["INTEROP_SERVERS"]
LEASE_BYTES, FIRST_LEASE, LEASES = 92, 100, 4
ANYWHERE = b"http://127.0.0.1/"  # what these tests call their server


class TruckeeServer:
    """One `truckee storage`, started by the suite, and its store."""

    def __init__(self, pem=None, swissnum=b"abcd"):
        self.folder = tempfile.mkdtemp(dir=SERVERS)
        if pem:
            os.mkdir(f"{self.folder}/private", 0o700)
            with open(f"{self.folder}/private/node.pem", "wb") as file:
                file.write(pem)
        with open(f"{self.folder}/wanted", "wb"):
            pass
        nurl = f"{self.folder}/private/storage.nurl"
        end = time.monotonic() + 60
        while not os.path.exists(nurl):
            if time.monotonic() > end:
                raise RuntimeError("the suite starts no server")
            time.sleep(0.02)
        with open(nurl) as file:
            self.nurl = DecodedURL.from_text(file.read().strip())
        self.passed = 0  # seconds of the tests' time that are not real

    @property
    def url(self):
        return f"https://{self.nurl.host}:{self.nurl.port}/"

    @property
    def swissnum(self):
        return self.nurl.path[0].encode()

    def agent(self, pool):
        return Agent(reactor, _StorageClientHTTPSPolicy(expected_spki_hash=self.nurl.user.encode()), pool=pool)

    def client(self, pool):
        return StorageClient(DecodedURL.from_text(self.url), self.swissnum, HTTPClient(self.agent(pool)), pool, reactor,
                             response_is_not_html)

    def pass_time(self, seconds):
        self.passed += seconds
        for name in glob.glob(f"{self.folder}/shares/*/*/[0-9]*"):
            with open(name, "r+b") as file:
                for at in range(FIRST_LEASE, FIRST_LEASE + LEASES * LEASE_BYTES, LEASE_BYTES):
                    file.seek(at)
                    owner, ends = struct.unpack(">LL", file.read(8))
                    if owner:
                        file.seek(at + 4)
                        file.write(struct.pack(">L", ends - seconds))

    def leases(self, storage_index):
        """By the real server's own eyes, on the files of Truckee's store."""
        found = list(StorageServer(self.folder, b"\0" * 20).get_slot_leases(storage_index))
        return [TestsLease(lease.get_expiration_time() + self.passed) for lease in found]

    def advices(self):
        """(storage index, share number, reason) of those that were kept."""
        from allmydata.storage.common import si_a2b
        out = []
        for name in sorted(glob.glob(f"{self.folder}/corruption-advisories/*")):
            with open(name, "rb") as file:
                share, _, reason = file.read().removeprefix(b"share: ").split(b"\n", 2)
            index, number = share.split(b"-")
            out.append((si_a2b(index), int(number), reason.removeprefix(b"reason:\n").removesuffix(b"\n")))
        return out


class Seconds(float):
    """A time on the real clock: as good as another one within two seconds."""

    def __sub__(self, other):
        return Seconds(float(self) - float(other))

    def __add__(self, other):
        return Seconds(float(self) + float(other))

    def __eq__(self, other):
        return abs(float(self) - float(other)) <= 2

    __hash__ = float.__hash__


class TestsLease:
    def __init__(self, ends):
        self.ends = Seconds(ends)

    def get_expiration_time(self):
        return self.ends


_the_server = None


def the_server():
    """One for all tests: each works on slots of its own."""
    global _the_server
    if _the_server is None:
        _the_server = TruckeeServer()
    return _the_server


# -- test_istorageserver ------------------------------------------------------------------------------------------------------


class _OnTruckee:
    """In place of a client's node and a server's node in this process."""

    def setUp(self):
        AsyncTestCase.setUp(self)
        self.server = self
        self.storage_client = _HTTPStorageServer.from_http_client(the_server().client(HTTPConnectionPool(reactor, persistent=False)))
        return defer.succeed(None)

    def tearDown(self):
        AsyncTestCase.tearDown(self)
        return common_system.spin_until_cleanup_done()

    def get_slot_leases(self, storage_index):
        return the_server().leases(storage_index)

    def fake_time(self):
        return time.time() + the_server().passed

    def fake_sleep(self, seconds):
        the_server().pass_time(seconds)


class HTTPMutableAPIsTests(_OnTruckee, test_istorageserver.HTTPMutableAPIsTests):
    pass


class HTTPSharedAPIsTests(_OnTruckee, test_istorageserver.HTTPSharedAPIsTests):
    pass


# -- test_storage_http --------------------------------------------------------------------------------------------------------


@implementer(IAgent)
class _Elsewhere:
    """Takes requests for the tests' server to Truckee."""

    def __init__(self, agent):
        self.agent = agent

    def request(self, method, uri, headers=None, bodyProducer=None):
        return self.agent.request(method, uri.replace(ANYWHERE, the_server().url.encode(), 1), headers, bodyProducer)


class _Clock:
    """The real one, and what passes in the tests' time."""

    def advance(self, seconds):
        the_server().pass_time(seconds)

    def __getattr__(self, name):
        return getattr(reactor, name)


class _HttpOnTruckee(test_storage_http.Fixture):
    def _setUp(self):
        pool = HTTPConnectionPool(reactor, persistent=False)
        # These tests wait for nobody: the reactor runs while they ask for a result.
        if not reactor.running:
            reactor.startRunning(installSignalHandlers=False)
        self.clock = _Clock()
        self.storage_server = self
        self.http_server = self
        self.client = the_server().client(pool)
        agent = _Elsewhere(the_server().agent(pool))
        for name, real in (("RequestTraversalAgent", lambda resource: agent), ("StubTreq", lambda resource: HTTPClient(agent))):
            self.useFixture(test_storage_http.MonkeyPatch(f"allmydata.test.test_storage_http.{name}", real))
        self.heard = len(the_server().advices())

    def get_resource(self):
        return None

    def get_slot_leases(self, storage_index):
        return the_server().leases(storage_index)

    def get_version(self):
        return StorageServer(the_server().folder, b"\0" * 20).get_version()

    def advise_corrupt_share(self, *args):
        """Tests put their own here."""

    def result_of_with_flush(self, awaited):
        ended = []
        defer.ensureDeferred(awaited).addBoth(ended.append)
        end = time.monotonic() + 60
        while not ended:
            reactor.iterate(0.005)
            if time.monotonic() > end:
                raise RuntimeError("no result within a minute")
        kept = the_server().advices()
        for index, number, reason in kept[self.heard:]:
            self.advise_corrupt_share(b"mutable", index, number, reason)
        self.heard = len(kept)
        if hasattr(ended[0], "raiseException"):
            ended[0].raiseException()
        return ended[0]


class _HttpTests:
    def setUp(self):
        self.patch(test_storage_http, "HttpTestFixture", _HttpOnTruckee)
        super().setUp()


class MutableHTTPAPIsTests(_HttpTests, test_storage_http.MutableHTTPAPIsTests):
    pass


class GenericHTTPAPITests(_HttpTests, test_storage_http.GenericHTTPAPITests):
    pass


class MutableSharedTests(_HttpTests, test_storage_http.MutableSharedTests):
    # The server is another process, on a machine that may be busy.
    @settings(deadline=None, max_examples=20)
    @test_storage_http.given(data_length=test_storage_http.st.integers(min_value=1, max_value=300000))
    def test_read_with_no_range(self, data_length):
        return self._read_with_no_range_test(data_length)


# -- test_storage_https -------------------------------------------------------------------------------------------------------


class _Pinned:
    """What the tests of a pin expect of the page that they put there, where there is a storage server instead."""

    def __init__(self, response):
        self.response = response

    async def content(self):
        await self.response.content()
        # It has answered over the connection that the pin was good for: that it does not know who asks, or what for.
        return b"YOYODYNE" if self.response.code in (401, 404) else b""


class PinningHTTPSValidation(test_storage_https.PinningHTTPSValidation):
    @test_storage_https.asynccontextmanager
    async def listen(self, private_key_path, cert_path):
        server = TruckeeServer(private_key_path.getContent() + cert_path.getContent())
        try:
            yield server.url
        finally:
            shutil.rmtree(server.folder, ignore_errors=True)

    async def request(self, url, expected_certificate):
        return _Pinned(await super().request(url, expected_certificate))
