#!/usr/bin/env python3
"""What failed in the last run of ctest, each test with the end of what it said.

failures.py BUILD_DIRECTORY. CTest prints a test's output where the test ended; of a long run, that is where nobody looks, and where
a log kept by a machine is cut.
"""
import pathlib
import re
import sys

LINES, TESTS = 25, 20  # of a test's output; tests told in full
BLOCK = re.compile(r"^\d+/\d+ Testing: (?P<name>.*?)$.*?^Output:\n-+\n(?P<output>.*?)^<end of output>\n(?P<end>.*?)^-+\n(?P<result>.*?)^\"",
                   re.MULTILINE | re.DOTALL)


def failed(log):
    """Pairs of a name and its output's last lines, in the log's order."""
    for block in BLOCK.finditer(log):
        if "Test Failed" in block["result"]:
            yield block["name"], block["output"].rstrip().splitlines()[-LINES:]


def main():
    log = pathlib.Path(sys.argv[1], "Testing/Temporary/LastTest.log").read_text(errors="replace")
    found = list(failed(log))
    for name, lines in found[:TESTS]:
        print(f"\n== {name} failed; the end of what it said:", *(line[:400] for line in lines), sep="\n")
    if len(found) > TESTS:
        print(f"\n== and {len(found) - TESTS} more: {' '.join(name for name, _ in found[TESTS:])}")


if __name__ == "__main__":
    main()
