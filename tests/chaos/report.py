"""What a run showed, as a table."""
import collections
import statistics

import history

SHOWN = 20  # of what is wrong; the file has all of it


class Row:
    """Of one order: its words in the table, one by one."""

    def __init__(self, order, cells, befell, times):
        self.order, self.cells, self.befell, self.times = order, cells, befell, times


def middle_and_most(values):
    return f"{statistics.median(values):.1f} / {max(values):.1f}" if values else "-"


def row(run):
    work = run.work
    counts = history.counts(work.writes, run.found)
    took = [write.ended - write.started for write in work.writes if write.became == history.APPLIED]
    acknowledged = sorted(write.ended for write in work.writes if write.became == history.APPLIED)
    gaps = [later - earlier for earlier, later in zip([0, *acknowledged], acknowledged)]
    cells = {
        "acknowledged": counts[history.APPLIED],
        "not applied": counts[history.NOT_APPLIED],
        "unknown": counts[history.UNKNOWN],
        "lost": counts["lost"],
        "doubled": counts["doubled"],
        "not applied, and there": counts["denied"],
        "unsaid": counts["unsaid"],
        "missed by a later read": counts["unseen"],
        "out of order": counts["order"],
        "confirmed reads that went back": counts["back"] if run.order == history.STRICT else "-",
        "without an answer": counts["unanswered"],
        "reads (of these confirmed)": f"{len(work.reads)} ({sum(read.how == history.CONFIRMED for read in work.reads)})",
        "files; lines in them at the end": f"{len(work.files)}; {lines_at_end(work)}",
    }
    befell = collections.Counter(f"{fault.kind}, {fault.whom}" for fault, _ in run.done)
    befell["kill, writer"] = work.killed
    times = {
        "an acknowledged update, s": middle_and_most(took),
        "longest time without one, s": f"{max(gaps):.1f}" if gaps else "-",
        **{f"back after {kind}, {whom}, s": middle_and_most([took for fault, took in run.done if (fault.kind, fault.whom) == (kind, whom)])
           for kind, whom in sorted({(fault.kind, fault.whom) for fault, _ in run.done} - {("stop", "server"), ("stop", "gateway")})},
        "at the end, until every file was read, repaired, verified, read again, s": f"{run.healthy_after:.1f}" if run.healthy_after else "-",
    }
    if work.outcomes:
        cells["outcomes told"] = ", ".join(f"{word} {number}" for word, number in sorted(work.outcomes.items()))
    return Row(run.order, cells, befell, times)


def lines_at_end(work):
    last = {read.file: len(read.lines) for read in work.reads if read.how == history.FINAL}
    return sum(last.values())


def table(title, rows, columns):
    """columns: {order: {word: value}}"""
    words = list(dict.fromkeys(word for cells in columns for word in cells))
    lines = [f"| {title} | " + " | ".join(rows) + " |", "|---|" + "---|" * len(rows)]
    return lines + [f"| {word} | " + " | ".join(str(cells.get(word, "-")) for cells in columns) + " |" for word in words]


def page(options, kind, rows, failed):
    orders = [row.order.replace("_", " ") for row in rows]
    lines = [f"Seed {options.seed}, {options.seconds} s of each order, at most {options.away} servers away at once; {kind.words}.", ""]
    lines += table("lines", orders, [row.cells for row in rows]) + [""]
    lines += table("faults", orders, [row.befell for row in rows]) + [""]
    lines += table("times (median / most)", orders, [row.times for row in rows])
    if failed:
        lines += ["", f"{len(failed)} things are not as they must be; logs, history and stores are in {options.folder}:"]
        lines += [f"* {each}" for each in failed[:SHOWN]]
        (options.folder / "wrong.txt").write_text("".join(each + "\n" for each in failed), encoding="utf-8")
    else:
        lines += ["", "No promise was broken; every server, gateway and file came back."]
    return "\n".join(lines) + "\n"
