#!/usr/bin/env python3
"""Whether a program was built as cmake/TruckeeTargets.cmake wants: what its ELF file shows of that."""
import re
import subprocess
import sys


def readelf(program, *options):
    return subprocess.run(["readelf", "-W", *options, program], check=True, capture_output=True, text=True).stdout


def missing(program):
    """Names of what is not there."""
    segments, dynamic = readelf(program, "-l"), readelf(program, "-d")
    symbols = readelf(program, "--dyn-syms")
    wanted = {
        "position independent": re.search(r"type is DYN", segments),
        "relocations read-only": "GNU_RELRO" in segments,
        "all symbols bound at start": re.search(r"BIND_NOW|FLAGS.*NOW", dynamic),
        "no executable stack": re.search(r"GNU_STACK\s.*\sRW\s", segments),
        "stack protector": "__stack_chk_fail" in symbols,
        "checked library calls": re.search(r"__\w+_chk\b", symbols),
    }
    return [name for name, there in wanted.items() if not there]


if __name__ == "__main__":
    lacking = missing(sys.argv[1])
    print("\n".join(f"{sys.argv[1]}: not {name}" for name in lacking) or f"{sys.argv[1]}: hardened")
    sys.exit(bool(lacking))
