#!/usr/bin/env python3
"""The real client over ten real servers on directories, without sockets, as a side of bench/table.py: told in lines what to do,
answers with the seconds that took, on the clock and of CPU.

side.py DIRECTORY, which is made: create BYTES | update BYTES | read BYTES
"""
import os
import sys
import time

from twisted.internet import defer, task, threads

from allmydata.mutable.publish import MutableData

from in_process import Commands

LEASE_SECRET = "a" * 52


def make_stores(folder):
    for number in range(10):
        store = os.path.join(folder, f"store{number}")
        os.makedirs(os.path.join(store, "shares"))
        with open(os.path.join(store, "my_nodeid"), "w", encoding="ascii") as file:
            file.write("abcdefghij"[number] + "a" * 31 + "\n")
        yield store


class Files:
    """One of each size, by a client that stays, as its gateway does."""

    def __init__(self, commands):
        self.maker = commands.maker({"lease_secret": LEASE_SECRET})
        self.files = {}

    async def create(self, size):
        self.files[size] = await self.maker.create_mutable_file(MutableData(os.urandom(size)))

    async def update(self, size):
        await self.files[size].overwrite(MutableData(os.urandom(size)))

    async def read(self, size):
        assert len(await self.files[size].download_best_version()) == size


async def serve(folder):
    files = Files(Commands(list(make_stores(folder))))
    print("ready", flush=True)
    while line := await threads.deferToThread(sys.stdin.readline):
        what, size = line.split()
        clock, cpu = time.perf_counter(), time.process_time()
        await getattr(files, what)(int(size))
        print(f"{time.perf_counter() - clock:.9f} {time.process_time() - cpu:.9f}", flush=True)


if __name__ == "__main__":
    task.react(lambda reactor, folder: defer.ensureDeferred(serve(folder)), sys.argv[1:])
