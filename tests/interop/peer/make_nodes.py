#!/usr/bin/env python3
"""Makes many Tahoe-LAFS nodes in one process, as `tahoe` would one at a time: each line of input is a command line of it, as JSON."""
import json
import sys

from twisted.internet import defer, task

from allmydata.scripts import runner


async def one(reactor, words):
    options = runner.parse_or_exit(runner.Options(), ["tahoe", *words], sys.stderr, sys.stderr)
    try:
        await runner.dispatch(options, reactor, stdout=sys.stderr)
    except SystemExit as end:
        if end.code:
            raise


async def all_of(reactor):
    for line in sys.stdin:
        await one(reactor, json.loads(line))


task.react(lambda reactor: defer.ensureDeferred(all_of(reactor)))
