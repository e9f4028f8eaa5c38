"""What was asked for, what was answered, what was read; and whether that can be. Pure: no process, no clock, no file.

Times are seconds of one clock. A line is unique among all that anybody ever asks to be written."""
import collections
import dataclasses

# What a write came to, as its writer was told at last.
APPLIED = "applied"
NOT_APPLIED = "not_applied"
UNKNOWN = "may_be_applied"  # told so; or nobody was told: the writer was killed, its gateway went away
UNANSWERED = "unanswered"   # nothing was said within the bound, though both ends were there

# How a read was asked for. FINAL: when all servers are back and nobody writes any more; in the strict order it is a confirmed one.
PLAIN = "plain"
CONFIRMED = "confirmed"
FINAL = "final"

STRICT = "strict"
IN_PLACE = "in_place"


@dataclasses.dataclass
class Write:
    """One line that was to be added to one file, by an append or by a put bound to the version that was read."""
    number: int
    file: int
    line: str
    started: float
    ended: float
    became: str


@dataclasses.dataclass
class Read:
    """A whole file, as it was read."""
    file: int
    how: str
    started: float
    ended: float
    lines: list


@dataclasses.dataclass(frozen=True)
class Wrong:
    """One thing that must not be. kind: of KINDS."""
    kind: str
    file: int
    line: str
    words: str


KINDS = {
    "lost": "acknowledged, and not in the file at the end",
    "doubled": "in the file twice or more",
    "denied": "in the file, though its writer was told that it is not applied",
    "unsaid": "in the file, though nobody asked for it by then",
    "unseen": "acknowledged before a read began, and not in what was read",
    "order": "before a line in the file that was acknowledged before it was asked for",
    "back": "confirmed, and a later confirmed read shows another history",
    "unanswered": "an operation without an answer within its bound",
}
# What an order promises. In place nothing is said of acknowledged updates where writers collide and crash: these are counted.
BROKEN_BY = {STRICT: set(KINDS), IN_PLACE: {"denied", "unsaid", "unanswered"}}


def judge(writes, reads, first=None):
    """All that is wrong, each line once of a kind. first: {file: the line it was made with}."""
    found = []
    by_file = collections.defaultdict(lambda: ([], []))
    for write in writes:
        by_file[write.file][0].append(write)
        if write.became == UNANSWERED:
            found.append(Wrong("unanswered", write.file, write.line, f"no answer in {write.ended - write.started:.0f} s"))
    for read in reads:
        by_file[read.file][1].append(read)
    for file, (written, seen) in sorted(by_file.items()):
        found += judge_file(file, written, sorted(seen, key=lambda read: read.started), (first or {}).get(file))
    return found


def judge_file(file, writes, reads, first):
    by_line = {write.line: write for write in writes}
    found = {}

    def wrong(kind, line, words):
        found.setdefault((kind, line), Wrong(kind, file, line, words))

    for read in reads:
        judge_read(read, by_line, first, wrong)
    finals = [read for read in reads if read.how == FINAL]
    if finals:
        there = set(finals[-1].lines)
        for write in writes:
            if write.became == APPLIED and write.line not in there:
                wrong("lost", write.line, f"acknowledged at {write.ended:.3f} s")
        judge_order(finals[-1].lines, by_line, wrong)
    for write in writes:
        if not finals and write.became == APPLIED:
            wrong("lost", write.line, f"acknowledged at {write.ended:.3f} s; the file cannot be read at the end")
    judge_confirmed([read for read in reads if read.how != PLAIN], wrong)
    return list(found.values())


def at(read):
    return f"the {read.how} read from {read.started:.3f} to {read.ended:.3f} s"


def judge_read(read, by_line, first, wrong):
    counts = collections.Counter(read.lines)
    if first is not None and counts.pop(first, 0) != 1:
        wrong("unseen", first, f"the file was made with it; {at(read)}")
    for line, times in counts.items():
        write = by_line.get(line)
        if write is None:
            wrong("unsaid", line, f"{at(read)}: nobody ever asked for it")
            continue
        if write.started > read.ended:
            wrong("unsaid", line, f"{at(read)}: it was asked for at {write.started:.3f} s")
        if times > 1:
            wrong("doubled", line, f"{times} times in {at(read)}; its writer was told: {write.became}")
        if write.became == NOT_APPLIED:
            wrong("denied", line, f"{at(read)}; its writer was told at {write.ended:.3f} s that it is not applied")
    for line, write in by_line.items():
        if write.became == APPLIED and write.ended < read.started and line not in counts:
            wrong("unseen", line, f"acknowledged at {write.ended:.3f} s; {at(read)}")


def judge_order(lines, by_line, wrong):
    """A line that was asked for when another was acknowledged already stands behind it."""
    latest = None  # of the lines so far, the one that was asked for last
    for write in (by_line[line] for line in lines if line in by_line):
        if latest and write.became == APPLIED and write.ended < latest.started:
            wrong("order", latest.line, f"asked for at {latest.started:.3f} s; behind it stands {write.line!r}, acknowledged at "
                                        f"{write.ended:.3f} s")
        if latest is None or write.started > latest.started:
            latest = write


def judge_confirmed(reads, wrong):
    """Files only grow: confirmed reads are beginnings of one history, and none that began later is shorter."""
    longest = max(reads, key=lambda read: len(read.lines), default=None)
    for read in reads:
        if longest.lines[:len(read.lines)] != read.lines:
            line = next(line for line, other in zip(read.lines, longest.lines) if line != other)
            wrong("back", line, f"{at(read)} is no beginning of {at(longest)}")
    most, ended = None, sorted(reads, key=lambda read: read.ended, reverse=True)
    for read in reads:  # in the order of their beginnings
        while ended and ended[-1].ended < read.started:
            one = ended.pop()
            most = one if most is None or len(one.lines) > len(most.lines) else most
        if most and len(read.lines) < len(most.lines):
            wrong("back", most.lines[len(read.lines)], f"{at(most)} had {len(most.lines)} lines, {at(read)} has {len(read.lines)}")


def counts(writes, found):
    """Of a table's row: what writes came to, and how many lines were wrong in each kind."""
    became = collections.Counter(write.became for write in writes)
    return {**{word: became[word] for word in (APPLIED, NOT_APPLIED, UNKNOWN)},
            **{kind: sum(1 for wrong in found if wrong.kind == kind) for kind in KINDS}}


def broken(order, found):
    """What of it breaks a promise of that order."""
    return [wrong for wrong in found if wrong.kind in BROKEN_BY[order]]
