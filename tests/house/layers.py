#!/usr/bin/env python3
"""Arrows between the rooms and wings of the tree, as `#include` lines draw them. layers.txt says which may be there."""
import pathlib
import re

INCLUDE = re.compile(r'\s*#\s*include\s*"([^"]+)"')
PREFIX = "truckee/"


class BadTable(Exception):
    """The table itself is wrong: which line, and why."""


def read_table(text):
    """{part: the parts it may include besides itself}, in the order of the lines."""
    table = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        part, colon, others = line.partition(":")
        if not colon:
            raise BadTable(f'line {number}: no colon in "{line}"')
        if part in table:
            raise BadTable(f"line {number}: {part} stands there twice")
        for other in others.split():
            if other not in table:
                raise BadTable(f"line {number}: {part} names {other}, which does not stand further up")
        table[part] = set(others.split())
    return table


def room_of(part):
    return part.split("/")[0]


def part_of(path, table):
    """The longest part that the file lies in; None where the table knows none."""
    stem = path[: path.rindex(".")] if "." in path.split("/")[-1] else path
    names = stem.split("/")
    for length in range(len(names), 0, -1):
        if (part := "/".join(names[:length])) in table:
            return part
    return None


def may_include(table, part, other):
    allowed = table[part] | table.get(room_of(part), set())
    same_room = room_of(part) == room_of(other)
    return other == part or other in allowed or (not same_room and room_of(other) in allowed)


def wrong_arrows(table, files):
    """files: {path below the checkout: its text}. One sentence a wrong `#include` line."""
    wrong = []
    for path in sorted(files):
        part = part_of(path, table)
        if part is None:
            wrong.append(f"{path}: lies in no part of layers.txt")
            continue
        for number, line in enumerate(files[path].splitlines(), 1):
            if not (match := INCLUDE.match(line)):
                continue
            header, where = match[1], f"{path}:{number}"
            if not header.startswith(PREFIX):
                wrong.append(f'{where}: "{header}": own headers are included as "truckee/ROOM/..."')
                continue
            other = part_of(header[len(PREFIX):], table)
            if other is None:
                wrong.append(f'{where}: "{header}" lies in no part of layers.txt')
            elif not may_include(table, part, other):
                wrong.append(f"{where}: {part} -> {other} points up ({header})")
    return wrong


def rooms_of(table):
    return list(dict.fromkeys(room_of(part) for part in table))


def sources(root, rooms):
    """Every source file of these rooms."""
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for room in rooms
        for path in pathlib.Path(root, room).rglob("*")
        if path.suffix in (".hpp", ".cpp")
    }
