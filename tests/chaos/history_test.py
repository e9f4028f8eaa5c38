#!/usr/bin/env python3
"""The checker finds each kind of wrong in a history that has it, and nothing in one that may be."""
import unittest

import history
from history import APPLIED, CONFIRMED, FINAL, NOT_APPLIED, PLAIN, UNANSWERED, UNKNOWN, Read, Write

FIRST = {1: "begin"}


def writes(*told):
    """One after another, each a second long: (line, what became of it), or with its own times."""
    out = []
    for number, (line, became, *times) in enumerate(told):
        started, ended = times or (10 * number, 10 * number + 1)
        out.append(Write(number, 1, line, started, ended, became))
    return out


def read(how, moment, *lines):
    return Read(1, how, moment, moment + 1, ["begin", *lines])


def kinds(written, *reads):
    return sorted({wrong.kind for wrong in history.judge(written, list(reads), FIRST)})


class Right(unittest.TestCase):
    def test_each_acknowledged_line_once_in_the_order_of_their_answers(self):
        self.assertEqual(kinds(writes(("a", APPLIED), ("b", APPLIED)), read(FINAL, 100, "a", "b")), [])

    def test_what_is_unknown_may_be_there_or_not(self):
        written = writes(("a", UNKNOWN), ("b", APPLIED))
        self.assertEqual(kinds(written, read(FINAL, 100, "a", "b")), [])
        self.assertEqual(kinds(written, read(FINAL, 100, "b")), [])

    def test_what_is_not_applied_is_nowhere(self):
        self.assertEqual(kinds(writes(("a", NOT_APPLIED), ("b", APPLIED)), read(FINAL, 100, "b")), [])

    def test_what_ran_at_the_same_time_may_stand_in_either_order(self):
        written = writes(("a", APPLIED, 0, 5), ("b", APPLIED, 4, 6))
        self.assertEqual(kinds(written, read(FINAL, 100, "a", "b")), [])
        self.assertEqual(kinds(written, read(FINAL, 100, "b", "a")), [])

    def test_a_read_may_miss_what_was_acknowledged_while_it_ran(self):
        written = writes(("a", APPLIED), ("b", APPLIED))
        self.assertEqual(kinds(written, Read(1, CONFIRMED, 5, 50, ["begin", "a"]), read(FINAL, 100, "a", "b")), [])

    def test_a_plain_read_may_show_what_a_later_one_does_not(self):
        written = writes(("a", APPLIED), ("b", UNKNOWN))
        self.assertEqual(kinds(written, read(PLAIN, 30, "a", "b"), read(PLAIN, 40, "a"), read(FINAL, 100, "a")), [])

    def test_confirmed_reads_that_overlap_may_end_in_either_order(self):
        written = writes(("a", APPLIED, 0, 50), ("b", UNKNOWN, 0, 50))
        self.assertEqual(kinds(written, Read(1, CONFIRMED, 1, 9, ["begin", "a"]), Read(1, CONFIRMED, 2, 8, ["begin"]),
                               read(FINAL, 100, "a")), [])

    def test_files_are_judged_each_by_itself(self):
        written = [Write(0, 1, "a", 0, 1, APPLIED), Write(1, 2, "b", 0, 1, APPLIED)]
        self.assertEqual(history.judge(written, [Read(1, FINAL, 9, 10, ["a"]), Read(2, FINAL, 9, 10, ["b"])]), [])


class Wrong(unittest.TestCase):
    def test_a_lost_line(self):
        self.assertEqual(kinds(writes(("a", APPLIED, 0, 200), ("b", APPLIED)), read(FINAL, 100, "b")), ["lost"])

    def test_every_acknowledged_line_of_a_file_that_cannot_be_read_at_the_end(self):
        self.assertEqual(kinds(writes(("a", APPLIED), ("b", UNKNOWN)), read(PLAIN, 50, "a")), ["lost"])

    def test_an_acknowledged_line_that_a_later_read_does_not_show(self):
        for how in (PLAIN, CONFIRMED):
            self.assertEqual(kinds(writes(("a", APPLIED)), read(how, 50), read(FINAL, 100, "a")), ["unseen"])

    def test_a_doubled_line_whatever_its_writer_was_told(self):
        for became in (APPLIED, UNKNOWN):
            self.assertEqual(kinds(writes(("a", became)), read(FINAL, 100, "a", "a")), ["doubled"])

    def test_a_doubled_line_that_only_a_read_on_the_way_shows(self):
        self.assertEqual(kinds(writes(("a", APPLIED)), read(PLAIN, 50, "a", "a"), read(FINAL, 100, "a")), ["doubled"])

    def test_a_line_that_is_there_though_it_was_told_as_not_applied(self):
        self.assertEqual(kinds(writes(("a", NOT_APPLIED)), read(FINAL, 100, "a")), ["denied"])
        self.assertEqual(kinds(writes(("a", NOT_APPLIED)), read(PLAIN, 50, "a"), read(FINAL, 100)), ["denied"])

    def test_an_unsaid_line_and_half_of_one(self):
        written = writes(("a line", APPLIED))
        self.assertEqual(kinds(written, read(FINAL, 100, "a line", "nobody's")), ["unsaid"])
        self.assertEqual(kinds(written, read(FINAL, 100, "a line", "a li")), ["unsaid"])

    def test_a_line_that_is_there_before_anybody_asked_for_it(self):
        self.assertEqual(kinds(writes(("a", APPLIED, 60, 61)), read(PLAIN, 50, "a"), read(FINAL, 100, "a")), ["unsaid"])

    def test_a_line_of_another_file(self):
        written = [Write(0, 1, "a", 0, 1, APPLIED), Write(1, 2, "b", 0, 1, APPLIED)]
        found = history.judge(written, [Read(1, FINAL, 9, 10, ["a", "b"]), Read(2, FINAL, 9, 10, ["b"])])
        self.assertEqual([(wrong.kind, wrong.file, wrong.line) for wrong in found], [("unsaid", 1, "b")])

    def test_a_file_without_the_line_it_was_made_with(self):
        self.assertEqual(sorted(wrong.kind for wrong in history.judge(writes(("a", APPLIED)), [Read(1, FINAL, 9, 10, ["a"])], FIRST)),
                         ["unseen"])

    def test_lines_against_the_order_of_their_answers(self):
        self.assertEqual(kinds(writes(("a", APPLIED), ("b", APPLIED)), read(FINAL, 100, "b", "a")), ["order"])

    def test_a_line_of_unknown_fate_before_one_that_was_acknowledged_when_it_was_asked_for(self):
        self.assertEqual(kinds(writes(("a", APPLIED), ("b", UNKNOWN)), read(FINAL, 100, "b", "a")), ["order"])

    def test_a_confirmed_line_of_unknown_fate_that_is_gone(self):
        written = writes(("a", UNKNOWN), ("b", APPLIED, 60, 61))
        self.assertEqual(kinds(written, read(CONFIRMED, 50, "a"), read(FINAL, 100, "b")), ["back"])

    def test_confirmed_reads_of_two_histories(self):
        written = writes(("a", UNKNOWN), ("b", UNKNOWN))
        self.assertEqual(kinds(written, read(CONFIRMED, 50, "a"), read(FINAL, 100, "b", "a")), ["back"])

    def test_a_confirmed_read_that_is_shorter_than_one_that_ended_before_it_began(self):
        written = writes(("a", UNKNOWN, 0, 90))
        between = Read(1, CONFIRMED, 2, 60, ["begin"])  # beside both
        self.assertEqual(kinds(written, Read(1, CONFIRMED, 1, 9, ["begin", "a"]), between, Read(1, CONFIRMED, 20, 21, ["begin"]),
                               read(FINAL, 100, "a")), ["back"])

    def test_an_operation_without_an_answer(self):
        self.assertEqual(kinds(writes(("a", UNANSWERED)), read(FINAL, 100, "a")), ["unanswered"])


class Promises(unittest.TestCase):
    def test_strict_breaks_by_everything_and_in_place_by_what_it_said_wrongly(self):
        found = [history.Wrong(kind, 1, "a", "") for kind in history.KINDS]
        self.assertEqual(len(history.broken(history.STRICT, found)), len(history.KINDS))
        self.assertEqual({wrong.kind for wrong in history.broken(history.IN_PLACE, found)}, {"denied", "unsaid", "unanswered"})

    def test_a_row_counts_lines(self):
        written = writes(("a", APPLIED), ("b", APPLIED), ("c", NOT_APPLIED), ("d", UNKNOWN))
        row = history.counts(written, history.judge(written, [read(FINAL, 100, "a", "a", "c")], FIRST))
        self.assertEqual((row[APPLIED], row[NOT_APPLIED], row[UNKNOWN]), (2, 1, 1))
        self.assertEqual((row["lost"], row["doubled"], row["denied"], row["unsaid"]), (1, 1, 1, 0))


if __name__ == "__main__":
    unittest.main()
