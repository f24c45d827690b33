"""A strict reading of LightGBM's model text, before LightGBM sees it.

A damaged text aborts, crashes or hangs the process that loads it, so every array, child and number is checked first.
Only what pushrank itself writes is accepted: one objective, numerical splits, constant leaves.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

_INTEGERS = re.compile(r"(?:-?\d{1,10}(?: -?\d{1,10})*)?")
_NUMBER = r"-?\d{1,25}(?:\.\d{1,25})?(?:e[+-]?\d{1,3})?"
_NUMBERS = re.compile(f"(?:{_NUMBER}(?: {_NUMBER})*)?")
_RANGE = re.compile(r"none|\[(?P<low>[^:\]]+):(?P<high>[^:\]]+)\]")
_TAIL = re.compile(r"|end of trees|feature_importances:|parameters:|end of parameters|pandas_categorical:null")
_TAIL_ENTRY = re.compile(r"[\w.]+=\d+|\[[a-z0-9_]+: [^\]\[]*\]")

_INFINITE = re.compile(r"(?<![^ ])inf(?![^ ])")

_FIXED = {
    "version": "v4",
    "num_class": "1",
    "num_tree_per_iteration": "1",
    "label_index": "0",
}
_HEADER = (*_FIXED, "objective", "max_feature_idx", "feature_names", "feature_infos", "tree_sizes")
_PER_NODE = ("split_gain", "threshold", "internal_value", "internal_weight", "internal_count")
_PER_LEAF = ("leaf_value", "leaf_weight", "leaf_count")
_NODE_INTEGERS = ("split_feature", "decision_type", "left_child", "right_child")
_SCALARS = ("num_leaves", "num_cat", "is_linear", "shrinkage")
_TREE = frozenset((*_PER_NODE, *_PER_LEAF, *_NODE_INTEGERS, *_SCALARS))
# Bit 0 would be a categorical split, bits 2 and 3 are the missing type: none (0) or NaN (2), never zero (1).
_DECISIONS = frozenset({0, 2, 8, 10})
_MOST_LEAVES = 4096


class StructureError(ValueError):
    """A model text that must not reach LightGBM; says where, what was expected and what came."""


def check_model_text(text: str, names: Sequence[str], objective: str = "binary sigmoid:1") -> None:
    """Raise StructureError unless `text` is a sound forest over exactly the features `names`, in this order."""
    head, _, rest = text.partition("\n\n")
    lines = head.split("\n")
    _expect("first line", lines[0] == "tree", "'tree'", lines[0])
    header = _pairs(lines[1:], "header")
    _check_header(header, names, objective)
    sizes = _integers(header["tree_sizes"], "tree_sizes")
    _expect("tree_sizes", bool(sizes) and min(sizes) > 0, "at least one positive size", header["tree_sizes"])
    start = 0
    body = rest.encode()
    for index, size in enumerate(sizes):
        _check_tree(body[start : start + size].decode(errors="replace"), index, len(names))
        start += size
    _check_tail(body[start:].decode(errors="replace"))


def _check_header(header: Mapping[str, str], names: Sequence[str], objective: str) -> None:
    _expect("header", set(header) == set(_HEADER), f"the keys {sorted(_HEADER)}", sorted(header))
    for key, value in {**_FIXED, "objective": objective}.items():
        _expect(key, header[key] == value, repr(value), header[key])
    _expect(
        "max_feature_idx", header["max_feature_idx"] == str(len(names) - 1), len(names) - 1, header["max_feature_idx"]
    )
    found = header["feature_names"].split(" ")
    _expect(
        "feature_names", found == list(names), "the names of the feature view in its order", _difference(found, names)
    )
    infos = header["feature_infos"].split(" ")
    _expect("feature_infos", len(infos) == len(names), f"{len(names)} entries", len(infos))
    for name, info in zip(names, infos, strict=True):
        match = _RANGE.fullmatch(info)
        _expect(f"feature_infos of {name}", match is not None, "'none' or a numerical range", info)
        assert match is not None
        for bound in match.groups():
            if bound is not None:
                _numbers(bound, f"feature_infos of {name}")


def _check_tree(text: str, index: int, features: int) -> None:
    where = f"tree {index}"
    lines = text.rstrip("\n").split("\n")
    _expect(
        where, lines[0] == f"Tree={index}" and text.endswith("\n\n"), f"'Tree={index}' at its offset", lines[0][:40]
    )
    tree = _pairs(lines[1:], where)
    _expect(where, set(tree) == _TREE, f"the keys {sorted(_TREE)}", sorted(tree))
    _expect(f"{where} num_cat", tree["num_cat"] == "0", "no categorical splits", tree["num_cat"])
    _expect(f"{where} is_linear", tree["is_linear"] == "0", "constant leaves", tree["is_linear"])
    _sized(_numbers(tree["shrinkage"], f"{where} shrinkage"), 1, f"{where} shrinkage")
    leaves = _integers(tree["num_leaves"], f"{where} num_leaves")
    _expect(f"{where} num_leaves", len(leaves) == 1 and 1 <= leaves[0] <= _MOST_LEAVES, f"1 to {_MOST_LEAVES}", leaves)
    _check_arrays(tree, leaves[0], where)
    if leaves[0] > 1:
        _check_nodes(tree, leaves[0], features, where)


def _check_arrays(tree: Mapping[str, str], leaves: int, where: str) -> None:
    for key in _PER_NODE:
        # The split between missing and not missing has an infinite threshold.
        text = _INFINITE.sub("0", tree[key]) if key == "threshold" else tree[key]
        _sized(_numbers(text, f"{where} {key}"), leaves - 1, f"{where} {key}")
    for key in _PER_LEAF:
        numbers = _numbers(tree[key], f"{where} {key}")
        # A tree of one leaf carries no weight.
        _sized(numbers, 0 if leaves == 1 and not numbers and key == "leaf_weight" else leaves, f"{where} {key}")


def _check_nodes(tree: Mapping[str, str], leaves: int, features: int, where: str) -> None:
    split, decision, left, right = (_integers(tree[key], f"{where} {key}") for key in _NODE_INTEGERS)
    for key, numbers in zip(_NODE_INTEGERS, (split, decision, left, right), strict=True):
        _sized(numbers, leaves - 1, f"{where} {key}")
    _expect(f"{where} split_feature", min(split) >= 0 and max(split) < features, f"0 to {features - 1}", split)
    _expect(f"{where} decision_type", set(decision) <= _DECISIONS, f"one of {sorted(_DECISIONS)}", decision)
    for node, children in enumerate(zip(left, right, strict=True)):
        for child in children:
            # LightGBM numbers a node after its parent, so this alone leaves no room for a cycle.
            sound = node < child < leaves - 1 if child >= 0 else -leaves <= child
            _expect(f"{where} node {node}", sound, "children after it and within the tree", child)
    parents = sorted([*left, *right])
    _expect(
        f"{where} children", all(a != b for a, b in pairwise(parents)), "one parent for each node and leaf", parents
    )


def _check_tail(text: str) -> None:
    lines = text.split("\n")
    _expect("after the trees", lines[0] == "end of trees", "'end of trees' where the tree sizes end", lines[0][:40])
    for line in lines[1:]:
        known = _TAIL.fullmatch(line) or _TAIL_ENTRY.fullmatch(line)
        _expect("after the trees", known is not None, "importances and parameters only", line[:80])


def _pairs(lines: Sequence[str], where: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for line in lines:
        key, equals, value = line.partition("=")
        _expect(where, bool(equals) and key not in pairs, "lines 'key=value', each key once", line[:80])
        pairs[key] = value
    return pairs


def _integers(text: str, where: str) -> list[int]:
    _expect(where, _INTEGERS.fullmatch(text) is not None, "integers", text[:80])
    return [int(token) for token in text.split()]


def _numbers(text: str, where: str) -> list[float]:
    _expect(where, _NUMBERS.fullmatch(text) is not None, "finite numbers", text[:80])
    numbers = [float(token) for token in text.split()]
    _expect(where, all(map(math.isfinite, numbers)), "finite numbers", text[:80])
    return numbers


def _sized(numbers: Sequence[float], size: int, where: str) -> None:
    _expect(where, len(numbers) == size, f"{size} entries", len(numbers))


def _difference(found: Sequence[str], names: Sequence[str]) -> str:
    odd = [f"{mine!r} in place of {name!r}" for mine, name in zip(found, names, strict=False) if mine != name]
    return odd[0] if odd else f"{len(found)} names in place of {len(names)}"


def _expect(where: str, holds: bool, expected: object, got: object) -> None:  # noqa: FBT001  the condition is the point
    if not holds:
        msg = f"{where}: expected {expected}, got {got}"
        raise StructureError(msg)
