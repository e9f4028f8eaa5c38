"""Shares as files, and what can befall them. docs/formats.md has the layouts."""
import struct

LEASES = (100, 4, 92)  # in a container: where they begin, how many have room there, bytes of one
DATA = 468  # in a container, where the share begins
WRITE_ENABLER = slice(52, 84)


def shares_of(stores, storage_index):
    """{(store, share number): file}"""
    return {(store, int(file.name)): file for store in stores
            for file in (store / "shares" / storage_index[:2] / storage_index).glob("[0-9]*")}


def sequence_number(file):
    return struct.unpack(">Q", file.read_bytes()[DATA + 1:DATA + 9])[0]


def version_of(file):
    """(sequence number, root)"""
    share = file.read_bytes()[DATA:]
    return struct.unpack(">Q", share[1:9])[0], share[9:41]


def has_version(file):
    """Not a container that ends before: a real server whose disk is full leaves some."""
    return file.stat().st_size >= DATA + 41


def encoding_of(file):
    """(k, N)"""
    share = file.read_bytes()[DATA:]
    return share[57], share[58]


def leases_of(file):
    """How many a container has; all of them lie where the first four do, as long as few clients lease the file."""
    container, (begin, count, size) = file.read_bytes(), LEASES
    return sum(container[at:at + 4] != bytes(4) for at in range(begin, begin + count * size, size))


def field(share, name):
    """Where a part of an SDMF share begins."""
    signature, chain, tree, data, private_key, end = struct.unpack(">LLLLQQ", share[75:107])
    return {"sequence number": 8, "root": 20, "public key": 120, "signature": signature + 9, "hash chain": chain + 7,
            "block hash": tree + 3, "block": data, "private key": private_key + 11, "end": end}[name]


def flip(file, name):
    """One bit of that part is another."""
    container = bytearray(file.read_bytes())
    container[DATA + field(container[DATA:], name)] ^= 1
    file.write_bytes(container)


def cut(file):
    """The container says its data ends within the block."""
    container = bytearray(file.read_bytes())
    container[84:92] = struct.pack(">Q", field(container[DATA:], "block"))
    file.write_bytes(container)


def set_write_enabler(file):
    """Another secret, as a store has that was given another node id."""
    container = bytearray(file.read_bytes())
    container[WRITE_ENABLER] = bytes(32)
    file.write_bytes(container)
