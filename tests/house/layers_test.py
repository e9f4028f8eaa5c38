#!/usr/bin/env python3
"""Arrows between rooms, and between the wings of a room, point down."""
import pathlib
import re
import unittest

import layers

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


class Tree(unittest.TestCase):
    def setUp(self):
        self.table = layers.read_table((HERE / "layers.txt").read_text())

    def test_every_arrow_points_down(self):
        files = layers.sources(ROOT, layers.rooms_of(self.table))
        self.assertGreater(len(files), 200, "the sources were not found")
        wrong = layers.wrong_arrows(self.table, files)
        self.assertFalse(wrong, "\n" + "\n".join(wrong) + "\nMove the code, or say in tests/house/layers.txt why not.")

    def test_every_part_exists(self):
        for part in self.table:
            found = (ROOT / part).is_dir() or any((ROOT / f"{part}{end}").exists() for end in (".hpp", ".cpp"))
            self.assertTrue(found, f"layers.txt: there is no {part}")

    def test_rooms_are_those_that_are_built_in_the_same_order(self):
        built = re.findall(r"^ *add_subdirectory\((\w+)\)$", (ROOT / "CMakeLists.txt").read_text(), re.M)
        self.assertEqual(layers.rooms_of(self.table), [room for room in built if room not in ("examples", "tests", "bench")])

    def test_architecture_tells_of_the_same_rooms(self):
        told = re.findall(r"^\| \[`(\w+)/`\]", (ROOT / "docs/architecture.md").read_text(), re.M)
        self.assertEqual(sorted(told), sorted(layers.rooms_of(self.table)))


class Rules(unittest.TestCase):
    TABLE = layers.read_table("base:\ngrid: base\ngrid/read: grid\nactors: grid\nactors/shell: actors\nactors/node: actors/shell")

    def arrows(self, path, *includes):
        return layers.wrong_arrows(self.TABLE, {path: "".join(f'#include "{each}"\n' for each in includes)})

    def test_a_room_may_use_what_its_line_names_and_itself(self):
        self.assertEqual(self.arrows("grid/slot.hpp", "truckee/base/ids.hpp", "truckee/grid/version.hpp"), [])

    def test_an_arrow_that_points_up_is_told_with_file_and_line(self):
        self.assertEqual(
            self.arrows("base/ids.hpp", "truckee/base/bytes.hpp", "truckee/grid/slot.hpp"),
            ["base/ids.hpp:2: base -> grid points up (truckee/grid/slot.hpp)"],
        )

    def test_a_room_below_that_is_not_named_is_not_allowed(self):
        self.assertEqual(len(self.arrows("actors/a.cpp", "truckee/base/ids.hpp")), 1)

    def test_a_wing_may_use_what_its_room_may_use(self):
        self.assertEqual(self.arrows("grid/read/map.cpp", "truckee/base/ids.hpp", "truckee/grid/slot.hpp"), [])

    def test_a_room_means_all_of_its_wings(self):
        self.assertEqual(self.arrows("actors/node/node.cpp", "truckee/grid/read/map.hpp"), [])

    def test_a_room_may_not_use_its_own_wing(self):
        self.assertEqual(len(self.arrows("grid/slot.cpp", "truckee/grid/read/map.hpp")), 1)

    def test_wings_point_down_as_well(self):
        self.assertEqual(self.arrows("actors/node/node.cpp", "truckee/actors/shell/world.hpp"), [])
        self.assertEqual(len(self.arrows("actors/shell/world.hpp", "truckee/actors/node/node.hpp")), 1)

    def test_an_include_without_the_prefix_is_told(self):
        self.assertIn("truckee/ROOM", self.arrows("grid/slot.cpp", "slot.hpp")[0])

    def test_a_folder_that_nobody_declared_is_told(self):
        self.assertEqual(len(self.arrows("attic/old.cpp")), 1)
        self.assertEqual(len(self.arrows("grid/slot.cpp", "truckee/attic/old.hpp")), 1)

    def test_indented_and_spaced_include_lines_count(self):
        text = '#ifdef X\n  #  include  "truckee/grid/slot.hpp"\n#endif\n'
        self.assertEqual(len(layers.wrong_arrows(self.TABLE, {"base/a.cpp": text})), 1)

    def test_a_table_with_a_circle_is_refused(self):
        for text in ("a: b\nb: a", "a: a", "a:\na:", "a"):
            with self.assertRaises(layers.BadTable, msg=text):
                layers.read_table(text)


if __name__ == "__main__":
    unittest.main()
