#!/usr/bin/env python3
"""figures.py [CHECKOUT]: how crowded the tree is, and how many of its headers a unit reads, by `#include` lines alone."""
import collections
import os
import pathlib
import statistics
import subprocess
import sys

import layers


def sources_of(root):
    """{path: text} of every tracked source but tests."""
    names = subprocess.run(["git", "-C", root, "ls-files", "*.hpp", "*.cpp"], capture_output=True, text=True, check=True).stdout.split()
    return {name: pathlib.Path(root, name).read_text() for name in names if not name.startswith("tests/")}


def own_headers(files):
    """{unit: the headers of this tree that it reads, directly or not}."""
    direct = {}
    for path, text in files.items():
        found = (layers.INCLUDE.match(line) for line in text.splitlines())
        direct[path] = {match[1].removeprefix(layers.PREFIX) for match in found if match} & files.keys()
    reached = {}
    for unit in (path for path in files if path.endswith(".cpp")):
        seen, todo = set(), [unit]
        while todo:
            new = direct[todo.pop()] - seen
            seen |= new
            todo += new
        reached[unit] = seen
    return reached


def main():
    files = sources_of(sys.argv[1] if len(sys.argv) > 1 else ".")
    folders = collections.Counter(os.path.dirname(path) for path in files)
    units = own_headers(files)
    counts = {unit: len(headers) for unit, headers in units.items()}
    read_by = collections.Counter(header for headers in units.values() for header in headers)
    print(f"files a folder: median {statistics.median(folders.values()):g}, most {max(folders.values())} ({max(folders, key=folders.get)})")
    print(f"own headers a unit: median {statistics.median(counts.values()):g}, most {max(counts.values())} "
          f"({max(counts, key=counts.get)}); {len(counts)} units")
    print("read by most units: " + ", ".join(f"{header} {count}" for header, count in read_by.most_common(5)))


if __name__ == "__main__":
    main()
