from __future__ import annotations

import re

import lightgbm
import numpy as np
import pytest

from pushrank.scoring.structure import StructureError, check_model_text
from tests.small_models import PARAMETERS, model_text, small_view

NAMES = small_view().names


def edited(pattern: str, replacement: str) -> str:
    """The sound text with the first match replaced; tree sizes follow, so that only the edit itself is wrong."""
    text, changes = re.subn(pattern, replacement, model_text(), count=1)
    assert changes == 1
    return resized(text)


def resized(text: str) -> str:
    trees = re.split(r"(?=^Tree=)", text.partition("end of t")[0], flags=re.MULTILINE)[1:]
    return re.sub(r"tree_sizes=.*", "tree_sizes=" + " ".join(str(len(tree)) for tree in trees), text, count=1)


def test_what_lightgbm_writes_is_accepted() -> None:
    check_model_text(model_text(), NAMES)
    check_model_text(resized(model_text()), NAMES)


def test_a_forest_of_one_leaf_is_accepted() -> None:
    data = lightgbm.Dataset(np.ones((50, 2)), np.arange(50) % 2, feature_name=["a", "b"])
    check_model_text(lightgbm.train(PARAMETERS, data, 3).model_to_string(), ("a", "b"))


def test_splits_on_missing_values_are_accepted() -> None:
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(2000, 2))
    matrix[rng.random(2000) < 0.3, 0] = np.nan
    data = lightgbm.Dataset(matrix, np.isnan(matrix[:, 0]).astype(float), feature_name=["a", "b"])
    text = lightgbm.train(PARAMETERS, data, 3).model_to_string()
    assert "inf" in text
    check_model_text(text, ("a", "b"))


@pytest.mark.parametrize(
    ("pattern", "replacement", "named"),
    [
        (r"left_child=\S+", "left_child=999999", "children"),
        (r"left_child=\S+", "left_child=-999999", "children"),
        (r"left_child=\S+", "left_child=0", "children"),
        (r"right_child=(\S+) \S+", r"right_child=\1 1", "children"),
        (r"split_feature=\S+", "split_feature=99999", "split_feature"),
        (r"split_feature=\S+", "split_feature=-1", "split_feature"),
        (r"leaf_value=\S+", "leaf_value=nan", "leaf_value"),
        (r"leaf_value=\S+", "leaf_value=1e999", "leaf_value"),
        (r"leaf_value=\S+ ", "leaf_value=", "leaf_value"),
        (r"threshold=\S+", "threshold=nan", "threshold"),
        (r"threshold=\S+ ", "threshold=", "threshold"),
        (r"num_leaves=\d+", "num_leaves=2000000000", "num_leaves"),
        (r"num_leaves=\d+", "num_leaves=8", "8|7"),
        (r"decision_type=\S+", "decision_type=1", "decision_type"),
        (r"num_cat=0", "num_cat=1", "num_cat"),
        (r"is_linear=0", "is_linear=1", "is_linear"),
        (r"shrinkage=\S+", "shrinkage=", "shrinkage"),
        (r"max_feature_idx=\d+", "max_feature_idx=3", "max_feature_idx"),
        (r"feature_names=\S+", "feature_names=another", "another"),
        (r"feature_infos=\S+", "feature_infos=1:2:3", "feature_infos"),
        (r"objective=binary sigmoid:1", "objective=regression", "objective"),
        (r"label_index=0", "label_index=0\naverage_output=1", "header"),
        (r"Tree=1\n", "Tree=2\n", "tree 1"),
        (r"leaf_count=", "leaf_kount=", "tree 0"),
        (r"end of trees", "end of threes", "end of trees"),
        (r"pandas_categorical:null", "pandas_categorical:[[1]]", "after the trees"),
    ],
)
def test_a_malformed_text_never_reaches_lightgbm(pattern: str, replacement: str, named: str) -> None:
    with pytest.raises(StructureError, match=named):
        check_model_text(edited(pattern, replacement), NAMES)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_truncated_text_is_refused(share: float) -> None:
    whole = model_text().split("end of trees")[0]
    with pytest.raises(StructureError):
        check_model_text(whole[: int(share * len(whole))], NAMES)


def test_a_node_with_two_parents_is_refused() -> None:
    with pytest.raises(StructureError, match="children"):
        check_model_text(edited(r"right_child=\S+", "right_child=-1"), NAMES)


def test_tree_sizes_must_add_up() -> None:
    with pytest.raises(StructureError, match="tree"):
        check_model_text(re.sub(r"tree_sizes=(\d+)", r"tree_sizes=1\1", model_text()), NAMES)


def test_random_bytes_raise_no_other_error() -> None:
    rng = np.random.default_rng(11)
    sound = model_text(3)
    for _ in range(300):
        data = bytearray(sound.encode())
        data[rng.integers(len(data))] = rng.integers(32, 127)
        try:
            check_model_text(data.decode(), NAMES)
        except StructureError:
            continue
