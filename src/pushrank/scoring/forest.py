"""Sums of a forest's leaves for many candidates of one user, with the bits of LightGBM and a fraction of its time.

The candidates of a request differ in some features only. So a tree is not walked once for each of them: one walk
carries a set of candidates, as the bits of a word. At a split on a feature that all share, the whole set goes one way;
at another, the set is divided by a mask that was made once for each threshold; at a leaf, its value is added for the
candidates that are still there. Trees come in order, so each candidate's sum adds the same numbers in the same order
as LightGBM's. The idea of masks for thresholds is that of QuickScorer (Lucchese et al., SIGIR 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pushrank.features.compiled import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint64]

WORD = 64  # candidates of one walk
_DEEPEST = 4096  # no tree has more leaves
_ZERO = float(np.float32(1e-35))  # LightGBM takes what is no larger for 0
# Place of the lowest bit of a word by one product (Leiserson, Prokop, Randall 1998).
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_BIT = np.argsort([((1 << bit) * 0x03F79D71B4CB0A89 % (1 << 64)) >> 58 for bit in range(64)])


class Forest(NamedTuple):
    """Trees one after the other. A child is a node, or where negative the complement of a leaf; so is a root.

    `cut` is a node's threshold as a place in `cuts`, which holds the distinct thresholds of feature `used[i]` sorted
    from `first[i]` to `first[i + 1]`; `place` is that `i` of a node.
    """

    root: Ints
    place: Ints
    cut: Ints
    left: Ints
    right: Ints
    leaf: Floats
    used: Ints
    first: Ints
    cuts: Floats


def read_forest(text: str) -> Forest:
    """Read a model text that `check_model_text` accepted."""
    trees = [_pairs(tree) for tree in text.partition("\nend of trees")[0].split("\nTree=")[1:]]
    sizes = np.array([int(tree["num_leaves"]) for tree in trees], dtype=np.int64)
    leaf_start, node_start = _starts(sizes), _starts(sizes - 1)
    feature, threshold = _joined(trees, "split_feature", np.int64), _joined(trees, "threshold", np.float64)
    used, place = np.unique(feature, return_inverse=True)
    several = [np.unique(threshold[place == one]) for one in range(used.size)]
    first = np.cumsum([0, *(cuts.size for cuts in several)])
    cut = np.zeros(feature.size, dtype=np.int64)
    for one, cuts in enumerate(several):
        at = place == one
        cut[at] = first[one] + np.searchsorted(cuts, threshold[at])
    left, right = (_children(trees, name, node_start, leaf_start) for name in ("left_child", "right_child"))
    return Forest(
        root=np.where(sizes > 1, node_start, ~leaf_start),
        place=place.astype(np.int64),
        cut=cut,
        left=left,
        right=right,
        leaf=_joined(trees, "leaf_value", np.float64),
        used=used,
        first=first.astype(np.int64),
        cuts=np.concatenate([np.empty(0), *several]),
    )


def sums(forest: Forest, matrix: Floats) -> Floats:
    """Sum of the leaves of each row of `matrix` float64[n, F], as float64[n]. No element may be NaN."""
    out = np.zeros(len(matrix))
    for start in range(0, len(matrix), WORD):
        _walk(forest, matrix[start : start + WORD], out[start : start + WORD])
    return out


def _pairs(tree: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in tree.split("\n")[1:] if "=" in line)


def _starts(sizes: Ints) -> Ints:
    return np.cumsum(sizes) - sizes


def _joined(trees: Sequence[dict[str, str]], name: str, kind: type) -> npt.NDArray[Any]:
    return np.array([number for tree in trees for number in tree[name].split()], dtype=kind)


def _children(trees: Sequence[dict[str, str]], name: str, nodes: Ints, leaves: Ints) -> Ints:
    moved = [
        child + node if child >= 0 else child - leaf
        for tree, node, leaf in zip(trees, nodes.tolist(), leaves.tolist(), strict=True)
        for child in map(int, tree[name].split())
    ]
    return np.array(moved, dtype=np.int64)


@compiled
def _sides(cuts: Floats, start: int, end: int, values: Floats, at: Ints) -> None:
    """Write for each value the place of the first of the sorted `cuts[start:end]`, at least one, not below it.

    All values take a step before any takes the next one, so that none waits for another.
    """
    at[:] = start
    left = end - start
    while left > 1:
        half = left >> 1
        for row in range(values.size):
            at[row] += half * (cuts[at[row] + half - 1] < values[row])
        left -= half
    for row in range(values.size):
        at[row] += cuts[at[row]] < values[row]


@compiled
def _masks(forest: Forest, matrix: Floats) -> Masks:
    """For each threshold the rows that go left there; all or none of them where they share the feature."""
    masks = np.zeros(forest.cuts.size + 1, dtype=np.uint64)
    values, at = np.empty(matrix.shape[0]), np.empty(matrix.shape[0], dtype=np.int64)
    for place in range(forest.used.size):
        start, end = forest.first[place], forest.first[place + 1]
        for row in range(values.size):
            value = matrix[row, forest.used[place]]
            values[row] = value if abs(value) > _ZERO else 0.0
        if (values == values[0]).all():
            _sides(forest.cuts, start, end, values[:1], at[:1])
            masks[at[0] : end] = ~np.uint64(0)
            continue
        _sides(forest.cuts, start, end, values, at)
        for row in range(values.size):
            if at[row] < end:
                masks[at[row]] |= np.uint64(1) << np.uint64(row)
        for cut in range(start + 1, end):
            masks[cut] |= masks[cut - 1]
    return masks


@compiled
def _add(out: Floats, rows: np.uint64, value: float) -> None:
    """Add `value` to the elements of `out` whose bits are set in `rows`."""
    while rows:
        lowest = rows & (~rows + np.uint64(1))
        out[_BIT[(lowest * _DE_BRUIJN) >> np.uint64(58)]] += value
        rows ^= lowest


@compiled
def _walk(forest: Forest, matrix: Floats, out: Floats) -> None:
    """Add the leaves of at most WORD rows to `out`."""
    masks = _masks(forest, matrix)
    nodes, sets = np.empty(_DEEPEST, dtype=np.int64), np.empty(_DEEPEST, dtype=np.uint64)
    everybody = ~np.uint64(0) >> np.uint64(WORD - matrix.shape[0])
    for tree in range(forest.root.size):
        nodes[0], sets[0], waiting = forest.root[tree], everybody, 1
        while waiting:
            waiting -= 1
            node, rows = nodes[waiting], sets[waiting]
            while node >= 0:
                stays = rows & masks[forest.cut[node]]
                goes = rows & ~masks[forest.cut[node]]
                if goes and stays:
                    nodes[waiting], sets[waiting] = forest.right[node], goes
                    waiting += 1
                node = forest.left[node] if stays else forest.right[node]
                rows = stays or goes
            _add(out, rows, forest.leaf[~node])
