#!/usr/bin/env python3
"""A plan of faults: the same for the same seed, within the time, never more servers away than may be."""
import unittest

import disks
import faults

BAG = faults.possible(disks.Image)


def plan(seed, seconds=600, bag=None, away=3):
    return faults.plan(seed, seconds, BAG if bag is None else bag, 10, 3, away)


class Plan(unittest.TestCase):
    def test_is_the_seeds(self):
        self.assertEqual(plan(7), plan(7))
        self.assertNotEqual(plan(7), plan(8))

    def test_has_every_kind_within_two_minutes(self):
        for seed in range(20):
            self.assertEqual({(fault.kind, fault.whom) for fault in plan(seed, 180)}, set(BAG), f"seed {seed}")

    def test_is_over_in_time_and_in_order(self):
        for seed in range(20):
            drawn = plan(seed, 60)
            self.assertEqual(drawn, sorted(drawn, key=lambda fault: fault.moment))
            self.assertTrue(all(fault.moment + fault.lasts < 60 for fault in drawn))

    def test_never_takes_more_servers_than_may_be_away_but_in_a_blackout(self):
        for seed in range(50):
            for away in (1, 2, 3):
                drawn = [fault for fault in plan(seed, away=away) if fault.whom != "gateway"]
                for fault in drawn:
                    others = [other for other in drawn if other is not fault and other.moment <= fault.moment < other.moment + other.lasts]
                    if faults.BLACKOUT in (fault.kind, *(other.kind for other in others)):
                        self.assertFalse(others, f"seed {seed}: {fault} while {others} are away")
                    self.assertLess(len(others), away, f"seed {seed}: {fault}")
                    self.assertNotIn(fault.number, [other.number for other in others])

    def test_leaves_out_what_disks_cannot_do(self):
        self.assertEqual({kind for kind, _ in faults.possible(disks.Memory)}, {"kill", "stop", "restart", "full disk"})
        self.assertEqual({kind for kind, _ in faults.possible(disks.Folder)}, {"kill", "stop", "restart"})


if __name__ == "__main__":
    unittest.main()
