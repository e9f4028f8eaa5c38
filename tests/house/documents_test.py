#!/usr/bin/env python3
"""Documents and comments point to what is there."""
import pathlib
import unittest

import documents

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Tree(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tree = documents.tree_of(ROOT)

    def check(self, rule, endings, at_least):
        files = {path: text for path, text in self.tree.items() if path.endswith(endings)}
        self.assertGreater(len(files), at_least, "the files were not found")
        wrong = [sentence for path in sorted(files) for sentence in rule(path, files[path], self.tree)]
        self.assertFalse(wrong, "\n" + "\n".join(wrong))

    def test_links_lead_somewhere(self):
        self.check(documents.wrong_links, (".md",), 20)

    def test_paths_that_documents_mention_are_there(self):
        self.check(documents.wrong_mentions, (".md",), 20)

    def test_tests_that_documents_name_are_there(self):
        self.check(documents.wrong_tests, (".md",), 20)

    def test_documents_that_comments_cite_are_there_with_their_sections(self):
        self.check(documents.wrong_citations, (".hpp", ".cpp", ".cmake", "CMakeLists.txt", ".toml"), 300)


class Rules(unittest.TestCase):
    TREE = {"docs": "", "docs/a.md": "# A\n## 1 First thing\n### 1.2 Part\n## 2. Second [x](y)\n", "grid": "", "grid/slot.hpp": "",
            "grid/README.md": "", "README.md": ""}

    def test_links(self):
        def links(text):
            return documents.wrong_links("docs/b.md", text, self.TREE)
        self.assertEqual(links("[x](a.md) [y](../grid/slot.hpp) [z](https://there.example/) [w](a.md#1-first-thing) [s](../grid/)"), [])
        self.assertEqual(links("[x](gone.md)"), ["docs/b.md: the link to gone.md leads nowhere"])
        self.assertEqual(links("[x](a.md#third)"), ["docs/b.md: docs/a.md has no heading #third"])
        self.assertEqual(links("```\n[x](gone.md)\n```\n"), [], "what is quoted links to nothing")

    def test_mentions(self):
        def mentions(text):
            return documents.wrong_mentions("docs/b.md", text, self.TREE)
        self.assertEqual(mentions("`grid/slot.hpp` `grid/` `build/release/x` `a/b` `slot.hpp` `grid/NAME_test.cpp`"), [])
        self.assertEqual(mentions("`grid/old.hpp`"), ["docs/b.md: there is no `grid/old.hpp`"])

    def test_tests(self):
        tree = {"tests/a_test.cpp": "TEST_F(doors, open) {}\nTYPED_TEST(Wire, Reads) {}", "tests/CMakeLists.txt":
                "add_test(NAME program.hardened\ntruckee_fuzz(nurl truckee::settings)"}
        def tests(last, heading="tests"):
            return documents.wrong_tests("docs/b.md", f"| what | {heading} |\n|---|---|\n| `gone.now` | {last} |\n", tree)
        self.assertEqual(tests("`doors.open`, `doors.*`, `Wire.Reads`, `program.hardened`, `fuzz.nurl`, `tests/a_test.cpp`"), [])
        self.assertEqual(tests("`doors.shut`"), ["docs/b.md: there is no test `doors.shut`"])
        self.assertEqual(tests("`walls.*`"), ["docs/b.md: there is no test `walls.*`"])
        self.assertEqual(tests("`doors.shut`", "where"), [], "another column names what it wants")

    def test_citations(self):
        def citations(text):
            return documents.wrong_citations("grid/slot.hpp", text, self.TREE)
        self.assertEqual(citations("/// docs/a.md section 1.2, and README.md; docs/a.md\n/// section 2."), [])
        self.assertEqual(len(citations("/// Source: formats.md section 1.")), 1)
        self.assertEqual(citations('path / "gone.md"'), [], "only comments cite")
        self.assertEqual(
            citations("/// docs/a.md sections 1, 2 and 4."), ["grid/slot.hpp: cites docs/a.md section 4, and it has no such section"])
        self.assertEqual(
            citations("/// docs/a.md section\n  /// 3."), ["grid/slot.hpp: cites docs/a.md section 3, and it has no such section"])


if __name__ == "__main__":
    unittest.main()
