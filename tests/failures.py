#!/usr/bin/env python3
"""What failed in the last run of ctest, each test with the end of what it said, also where it passed when it was tried again.

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
    """(name, its output's last lines, whether it passed when it was tried again) of each test that failed, in the log's order."""
    found, passed = {}, set()
    for block in BLOCK.finditer(log):
        if "Test Failed" in block["result"]:
            found[block["name"]] = block["output"].rstrip().splitlines()[-LINES:]
        elif "Test Passed" in block["result"]:
            passed.add(block["name"])
    return [(name, lines, name in passed) for name, lines in found.items()]


def main():
    log = pathlib.Path(sys.argv[1], "Testing/Temporary/LastTest.log").read_text(errors="replace")
    found = sorted(failed(log), key=lambda each: not each[2])  # those that decided it at the end, where it is looked for
    for name, lines, passed in found[-TESTS:]:
        what = "failed, and passed when it was tried again: it is to be mended; " if passed else "failed; "
        print(f"\n== {name} {what}the end of what it said:", *(line[:400] for line in lines), sep="\n")
    if len(found) > TESTS:
        print(f"\n== and {len(found) - TESTS} more: {' '.join(name for name, _, _ in found[:-TESTS])}")


if __name__ == "__main__":
    main()
