"""The table into which every feature puts itself, and the raw columns that are features as they stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from pushrank.domain.codes import Kind, Purpose

Column: TypeAlias = float | npt.NDArray[np.float64]
Feature: TypeAlias = Callable[..., Column]

HOUR_US = 3.6e9  # microseconds
LONG_AGO = 2160.0  # hours, 90 days: older and never are the same to us
FEATURES: dict[str, Feature] = {}

# Raw columns that are features as they stand.
PLAIN = (
    "user_total_sends",
    "user_month_sends",
    "user_week_sends",
    "user_total_clicks",
    "user_month_clicks",
    "user_month_opens",
    "user_month_dismissals",
    "user_total_conversions",
    "user_week_activity",
    "user_month_activity",
    "user_hours_since_sent",
    "user_hours_since_clicked",
    "user_hours_since_opened",
    "user_hours_since_dismissed",
    "user_hours_since_active",
    "user_hours_since_first",
    "user_sends_12h",
    "user_sends_24h",
    "user_sends_72h",
    "user_sends_168h",
    "user_clicks_of_last_3",
    "user_clicks_of_last_10",
    "user_clicks_of_last_30",
    "user_opens_of_last_10",
    "user_dismissals_of_last_10",
    "user_unclicked_in_a_row",
    "hour_of_day",
    "day_of_week",
    "message_title_length",
    "message_body_length",
    "message_tag_count",
    "message_item_count",
    "message_worth",
    "message_price",
    "message_discount",
    "message_has_image",
    "message_breaking",
    "message_sends",
    *(f"message_kind_{kind.value}" for kind in Kind),
    *(f"message_purpose_{purpose.value}" for purpose in Purpose),
    "pair_category_sends",
    "pair_category_clicks",
    "pair_category_hours_since_sent",
    "pair_root_hours_since_sent",
    "pair_tag_clicks",
    "pair_tag_activity",
    "pair_tag_best_activity",
    "pair_topic_activity",
    "pair_topic_best_activity",
    "pair_category_in_a_row",
    "pair_message_sends",
    "pair_message_hours_since_sent",
)


def feature(function: Feature) -> Feature:
    """Put a function into the table of features under its own name."""
    FEATURES[function.__name__] = function
    return function


def rate(hits: Column, tries: Column, base: Column, weight: float = 10.0) -> Column:
    """Hits per try, shrunk to `base` as if `weight` more tries had shown it."""
    return (hits + weight * base) / (tries + weight)
