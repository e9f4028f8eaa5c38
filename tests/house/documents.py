#!/usr/bin/env python3
"""What documents and comments point to: links, paths, tests and numbered sections, and whether they are there."""
import os
import pathlib
import re

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)
PLACEHOLDER = re.compile(r"NAME|ROOM|NUMBER")
PATH = re.compile(r"[\w.-]+(/[\w.-]+)+/?")
DOCUMENT = re.compile(r"([\w./-]*\w\.md)\b(?:,? sections? ((?:\d+(?:\.\d+)*(?:, | and )?)+))?")
HEADING = re.compile(r"^#+ +(.*)$", re.M)
TEST = re.compile(r"\b(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)|RC_GTEST_PROP\(\s*(\w+),\s*(\w+)\b|add_test\(NAME (\w+)\.(\w+)|"
                  r"truckee_(fuzz)\((\w+)")
TEST_NAME = re.compile(r"(\w+)\.(\w+|\*)")
COMMENT = re.compile(r"(?:^|\s)//[/!<]* ?(.*)$|^\s*# ?(.*)$", re.M)


def sections_of(text):
    """The numbers of numbered headings: "## 3 A share" is 3."""
    found = (re.match(r"(\d+(?:\.\d+)*)\.? ", title) for title in HEADING.findall(text))
    return {match[1] for match in found if match}


def anchors_of(text):
    """The anchors that headings make, as GitHub spells them."""
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in HEADING.findall(FENCE.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in plain}


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def wrong_links(path, text, tree):
    """Links to files that are not there, or to headings that they do not have. tree: see tree_of()."""
    wrong = []
    for match in LINK.finditer(FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)):
        if re.match(r"[a-z]+:", match[1]):
            continue
        target, _, anchor = match[1].partition("#")
        there = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
        if there not in tree:
            wrong.append(f"{path}: the link to {match[1]} leads nowhere")
        elif anchor and there.endswith(".md") and anchor not in anchors_of(tree[there]):
            wrong.append(f"{path}: {there} has no heading #{anchor}")
    return wrong


def wrong_mentions(path, text, tree):
    """`folder/file` in code spans, where the folder is one of the tree's: it must be there."""
    top = {name.split("/")[0] for name in tree if "/" in name}
    here = os.path.dirname(path)
    wrong = []
    for match in CODE_SPAN.finditer(FENCE.sub("", text)):
        word = match[1]
        if not PATH.fullmatch(word) or word.split("/")[0] not in top or PLACEHOLDER.search(word):
            continue
        name = word.rstrip("/")
        if name not in tree and os.path.normpath(os.path.join(here, name)) not in tree:
            wrong.append(f"{path}: there is no `{word}`")
    return wrong


def tests_of(tree):
    """(suite, name) of every test below tests/; (suite, "*") too."""
    found = set()
    for path, text in tree.items():
        if path.startswith("tests/"):
            for match in TEST.finditer(text):
                suite, name = (word for word in match.groups() if word)
                found |= {(suite, name), (suite, "*")}
    return found


def wrong_tests(path, text, tree):
    """`suite.name` or `suite.*` in the last column of a table that calls it "tests": there must be such a test."""
    wrong, column = [], False
    known = tests_of(tree) if re.search(r"\| *tests *\|$", text, re.M) else set()
    for line in FENCE.sub("", text).splitlines():
        cells = line.split("|")
        if len(cells) < 3:
            column = False
        elif cells[-2].strip() == "tests":
            column = True
        elif column:
            wrong += [f"{path}: there is no test `{word}`" for word in CODE_SPAN.findall(cells[-2])
                      if (name := TEST_NAME.fullmatch(word)) and name.groups() not in known]
    return wrong


def wrong_citations(path, text, tree):
    """Documents that a comment names: by a path from the top of the tree (or beside the file), with sections they have."""
    wrong = []
    comments = " ".join(match[1] or match[2] or "" for match in COMMENT.finditer(text))
    for match in DOCUMENT.finditer(comments):
        name, sections = match[1], re.findall(r"\d+(?:\.\d+)*", match[2] or "")
        beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
        there = name if name in tree else beside
        if there not in tree:
            wrong.append(f"{path}: cites {name}, which is not there")
            continue
        wrong += [f"{path}: cites {name} section {section}, and it has no such section"
                  for section in sections if section not in sections_of(tree[there])]
    return wrong


def tree_of(root):
    """{path: text of documents and sources, else ""} of everything below root but what was built; folders too."""
    tree = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in (".git", "build", "__pycache__")]
        below = os.path.relpath(folder, root)
        tree[below] = ""
        for name in files:
            path = os.path.normpath(os.path.join(below, name))
            readable = name.endswith((".md", ".hpp", ".cpp", ".txt", ".cmake", ".toml"))
            tree[path] = pathlib.Path(root, path).read_text() if readable else ""
    return tree
