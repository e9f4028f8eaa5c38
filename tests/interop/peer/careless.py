#!/usr/bin/env python3
"""A writer as some programs are: the real client's code, but k shares that were taken make a publish, and what servers say of other
versions is not looked at. One JSON command a line in, one answer a line out.

careless.py: the first line is a list of its servers, {"id": TUB ID, "nurl": NURL} each.
"""
import json
import sys

from hyperlink import DecodedURL
from twisted.internet import defer, reactor, task

from allmydata.mutable.common import MODE_WRITE
from allmydata.mutable.publish import DONE_STATE, MutableData, Publish
from allmydata.storage.http_client import StorageClientFactory
from allmydata.storage_client import _HTTPStorageServer
from allmydata.test.no_network import NoNetworkServer
from allmydata.util import base32

from in_process import Client, content_of, serve


class Server(NoNetworkServer):
    """One that is reached over HTTPS, by the secrets that its tub id gives."""

    def __init__(self, tub_id, client):
        super().__init__(tub_id, None)
        self.over_https = _HTTPStorageServer.from_http_client(client)

    def get_storage_server(self):
        return self.over_https


class CarelessPublish(Publish):
    """blind: every server is told to take its share, whatever it has by now."""
    blind = False

    def finish_publishing(self):
        self.took = set()
        if self.blind:
            for writers in self.writers.values():
                for writer in writers:
                    writer._testvs = [(0, 0, b"")]  # which is so, whatever is there
        return super().finish_publishing()

    def _got_write_answer(self, answer, writer, started):
        if not answer or not answer[0]:
            return
        self.took.add(writer.shnum)
        if len(self.took) == self.required_shares:
            self._done()

    def _push(self, ignored=None):
        if not self._running:  # k were enough, and nobody has waited for the rest
            return None
        if self._state == DONE_STATE:
            self._running = False
            return self._failure()
        return super()._push(ignored)


class Careless(Client):
    def __init__(self, servers):
        super().__init__(servers)
        self.looked = {}
        self.last = None

    async def look(self, wanted):
        """Its map of the file, for the publish that comes."""
        node = self.node(wanted)
        self.looked[wanted["cap"]] = node, await node.get_servermap(MODE_WRITE)
        return {}

    async def publish(self, wanted):
        if wanted["cap"] not in self.looked:
            await self.look(wanted)
        node, seen = self.looked.pop(wanted["cap"])
        self.last = CarelessPublish(node, self.broker, seen)
        self.last.blind = wanted["blind"]
        await self.last.publish(MutableData(content_of(wanted)))
        return {}

    async def settle(self, _):
        """Waits for what the last publish did not wait for."""
        while self.last and self.last.num_outstanding:
            await task.deferLater(reactor, 0.02)
        return {}


async def main():
    factory = StorageClientFactory({"tcp": "tcp"}, None)
    servers = [Server(base32.a2b(each["id"].encode()), await factory.create_storage_client(DecodedURL.from_text(each["nurl"]), reactor))
               for each in json.loads(sys.stdin.readline())]
    await serve(Careless(servers))


if __name__ == "__main__":
    task.react(lambda _: defer.ensureDeferred(main()))
