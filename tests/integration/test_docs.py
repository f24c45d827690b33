"""What the pages say can be done: commands exist, marked blocks run, links lead somewhere, bodies and answers fit."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pushrank.service.decoding import decode
from pushrank.service.problem import Problem
from pushrank.service.routes import Route, RouteTable
from pushrank.service.table import ROUTES
from pushrank.service.wire.values import ProblemAnswer
from tests import commands
from tests.pages import ROOT, Block, blocks, indented, name_of, pages

PAGES = pages()
BLOCKS = tuple(block for page in PAGES for block in blocks(page))
RUN = tuple(block for block in BLOCKS if block.mark == "run: town")
JSON = tuple(block for block in BLOCKS if re.match(r"(body|answer) of: ", block.mark))
_MARKS = re.compile(
    r"|run: town|(body|answer) of: .+"
    r"|append to: .+|create: .+|insert into: .+, below: .+|ask about the \w+"
)
_OURS = re.compile(r"`((?:\.venv/bin/)?(?:pushrank|python -m training\.\w+|make) [^`]*)`")


def typed() -> Iterator[Block]:
    """Everything that a reader may type: blocks of commands, and commands within a sentence."""
    yield from (block for block in BLOCKS if block.language == "sh")
    for page in PAGES:
        starts = ("python ", "pushrank ", "make ", "PUSHRANK_")
        yield from (block for block in indented(page) if block.text.startswith(starts))
        text = page.read_text(encoding="utf-8")
        for found in _OURS.finditer(text):
            yield Block(name_of(page), text.count("\n", 0, found.start()) + 1, "sh", found[1].replace("\n", " "))


TYPED = tuple(typed())


class Reader:
    """Somebody who types the marked blocks one after the other, in a folder where nothing was made before."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._done: dict[Block, str | None] = {}
        for name in ("training", "configs", "examples", "benchmarks"):
            (folder / name).symlink_to(ROOT / name)
        (folder / ".venv").symlink_to(sys.prefix)

    def fault_of(self, wanted: Block) -> str | None:
        """Type everything up to a block, and say what went wrong with it."""
        for block in RUN[: RUN.index(wanted) + 1]:
            if block not in self._done:
                self._done[block] = self._typed(block)
        return self._done[wanted]

    def _typed(self, block: Block) -> str | None:
        shell = ["sh", "-ec", block.text] if block.language == "sh" else [".venv/bin/python", "-c", block.text]
        quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "BENTOML_DO_NOT_TRACK": "True", "TERM": "dumb"}
        told = {"PATH": os.environ["PATH"], "HOME": str(self._folder), "PYTHONPATH": str(ROOT / "src"), **quiet}
        done = subprocess.run(shell, cwd=self._folder, env=told, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return None
        return f"ended with {done.returncode}\n{done.stdout[-1000:]}\n{done.stderr[-3000:]}"


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(tmp_path_factory.mktemp("reader"))


@pytest.mark.slow
@pytest.mark.parametrize("block", RUN, ids=str)
def test_a_marked_block_does_what_it_says(block: Block, reader: Reader) -> None:
    assert reader.fault_of(block) is None, f"{block}: {reader.fault_of(block)}"


@pytest.mark.parametrize("block", TYPED, ids=str)
def test_every_command_on_a_page_exists_with_its_options(block: Block) -> None:
    lines = commands.lines_of(block.text)
    assert lines
    assert [fault for words in lines if (fault := commands.fault_of(words))] == []


def targets() -> set[str]:
    lines = [words for block in TYPED for words in commands.lines_of(block.text) if words[0] == "make"]
    return {word for words in lines for word in words[1:] if re.fullmatch(r"[a-z]+", word)}


def test_every_make_target_on_a_page_is_one() -> None:
    found = targets()
    assert {"serve", "test", "check"} <= found
    command = ["make", "-n", *sorted(found), "PYTHON=python3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def routes_of(words: list[str]) -> list[tuple[str, str]]:
    """Method and path of a curl call."""
    method = words[words.index("-X") + 1] if "-X" in words else "POST" if "-d" in words else "GET"
    urls = [word for word in words if word.startswith("http")]
    return [(method, re.sub(r"https?://[^/]+", "", url)) for url in urls]


def test_every_curl_on_a_page_calls_a_route_with_a_body_that_fits() -> None:
    calls = [words for block in TYPED for words in commands.lines_of(block.text) if words[0] == "curl"]
    assert calls
    for words in calls:
        for method, path in routes_of(words):
            route, _ = RouteTable(ROUTES).match(method, path.encode())
            if "-d" in words:
                decode(words[words.index("-d") + 1].encode(), route.body)


def route_of(name: str) -> Route:
    (route,) = (route for route in ROUTES if f"{route.method} {route.template}" == name)
    return route


@pytest.mark.parametrize("block", JSON, ids=str)
def test_bodies_and_answers_on_a_page_fit_the_wire(block: Block) -> None:
    what, _, name = block.mark.partition(" of: ")
    if what == "body":
        decode(block.text.encode(), route_of(name).body)
        return
    kind: Any = ProblemAnswer if name == "problem" else route_of(name).answer
    tree = json.loads(block.text)
    assert json.loads(msgspec.json.encode(msgspec.convert(tree, kind))) == tree


def test_the_problem_on_the_page_is_what_such_a_body_gets() -> None:
    (block,) = (block for block in JSON if block.mark == "answer of: problem")
    with pytest.raises(Problem, match="slot") as refused:
        decode(b'{"user_id": "u-1042", "slot": 1}', route_of("POST /v1/rank").body)
    assert json.loads(refused.value.body()) == json.loads(block.text)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "python"], ids=str)
def test_every_piece_of_python_can_be_read(block: Block) -> None:
    if not block.mark.startswith("insert"):
        assert compile(block.text, str(block), "exec")


def test_every_mark_is_one_that_the_tests_know() -> None:
    assert [f"{block}: {block.mark}" for block in BLOCKS if not _MARKS.fullmatch(block.mark)] == []
    assert {block.language for block in RUN} == {"sh", "python"}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), f"{name_of(page)}: {target}"


def test_every_page_can_be_reached_from_the_first_one() -> None:
    seen, ahead = set[Path](), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in seen:
            continue
        seen.add(page)
        links = re.findall(r"\]\(([^)#\s]+\.md)", page.read_text(encoding="utf-8"))
        ahead += [(page.parent / link).resolve() for link in links]
    assert [name_of(page) for page in PAGES if page not in seen] == []
