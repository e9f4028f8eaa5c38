#!/usr/bin/env python3
"""The real client over the real storage servers on directories, without sockets: one JSON command a line in, one answer a line out.

in_process.py STORE...: each STORE has shares/ below it, and its node id in my_nodeid there or in the folder above.
"""
import json
import os
import sys

from twisted.internet import defer, task, threads

from allmydata.client import KeyGenerator, SecretHolder
from allmydata.interfaces import MDMF_VERSION, SDMF_VERSION
from allmydata.monitor import Monitor
from allmydata.mutable.publish import MutableData
from allmydata.nodemaker import NodeMaker
from allmydata.storage.server import FoolscapStorageServer, StorageServer
from allmydata.test.no_network import NoNetworkServer, NoNetworkStorageBroker, wrap_storage_server
from allmydata.util import base32


def node_id_of(store):
    for folder in (store, os.path.dirname(store)):
        if os.path.exists(os.path.join(folder, "my_nodeid")):
            with open(os.path.join(folder, "my_nodeid"), "rb") as file:
                return base32.a2b(file.read().strip())
    raise ValueError(f"{store} has no my_nodeid")


class Client:
    """The real client over some servers, and what it can be told to do."""

    def __init__(self, servers):
        self.broker = NoNetworkStorageBroker()
        self.broker.client = self
        self._servers = servers  # the broker's name for them

    def maker(self, wanted):
        """A client that remembers nothing of earlier commands."""
        secret = base32.a2b(wanted["lease_secret"].encode())
        encoding = {"k": wanted.get("needed", 3), "n": wanted.get("total", 10), "happy": 1}
        return NodeMaker(self.broker, SecretHolder(secret, b"convergence"), None, None, None, encoding, SDMF_VERSION,
                         KeyGenerator())

    def node(self, wanted):
        return self.maker(wanted).create_from_cap(wanted["cap"].encode())

    async def create(self, wanted):
        version = MDMF_VERSION if wanted.get("format") == "mdmf" else SDMF_VERSION
        node = await self.maker(wanted).create_mutable_file(MutableData(content_of(wanted)), version=version)
        return {"cap": node.get_uri().decode()}

    async def read(self, wanted):
        got = await self.node(wanted).download_best_version()
        with open(wanted["content"], "wb") as file:
            file.write(got)
        return {}

    async def update(self, wanted):
        """As `tahoe put FILE CAP`; with "read_first" as a client that has read the file before."""
        node = self.node(wanted)
        if wanted.get("read_first"):
            await node.download_best_version()
        await node.overwrite(MutableData(content_of(wanted)))
        return {}

    async def check(self, wanted):
        found = await self.node(wanted).check(Monitor(), verify=True, add_lease=wanted.get("add_lease", False))
        return verdict(found)

    async def repair(self, wanted):
        found = await self.node(wanted).check_and_repair(Monitor(), verify=True)
        return {"attempted": found.get_repair_attempted(), "successful": found.get_repair_successful(),
                **verdict(found.get_post_repair_results())}

    async def caps(self, wanted):
        node = self.node(wanted)
        return {"read": node.get_readonly_uri().decode(), "verify": node.get_verify_cap().to_string().decode()}

    async def make_directory(self, wanted):
        """With an empty directory under each name."""
        maker = self.maker(wanted)
        made = await maker.create_new_mutable_directory()
        for name in wanted["names"]:
            await made.create_subdirectory(name)
        return {"cap": made.get_uri().decode()}

    async def add_to_directory(self, wanted):
        await self.node(wanted).create_subdirectory(wanted["name"])
        return {}

    async def list_directory(self, wanted):
        return {"names": sorted(await self.node(wanted).list())}


class Commands(Client):
    """Over real servers in this process, on those directories."""

    def __init__(self, stores):
        self.stores = {store: StorageServer(store, node_id_of(store)) for store in stores}
        super().__init__([NoNetworkServer(server.my_nodeid, wrap_storage_server(FoolscapStorageServer(server)))
                          for server in self.stores.values()])

    async def leases(self, wanted):
        """How many leases each store has for the file, and when the first of them ends."""
        index = self.node(wanted).get_storage_index()
        held = {store: [lease.get_expiration_time() for lease in server.get_slot_leases(index)]
                for store, server in self.stores.items()}
        return {"leases": {store: ends for store, ends in held.items() if ends}}


def content_of(wanted):
    with open(wanted["content"], "rb") as file:
        return file.read()


def verdict(found):
    return {"healthy": found.is_healthy(), "recoverable": found.is_recoverable(), "summary": found.get_summary(),
            "bad": len(found.get_corrupt_shares())}


async def serve(commands):
    print(json.dumps({"ready": True}), flush=True)
    while line := await threads.deferToThread(sys.stdin.readline):
        wanted = json.loads(line)
        try:
            answer = await getattr(commands, wanted["do"])(wanted)
        except Exception as error:  # whatever the client raises is its answer
            answer = {"error": type(error).__name__, "text": str(error)[:2000]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    task.react(lambda reactor, *stores: defer.ensureDeferred(serve(Commands(stores))), sys.argv[1:])
