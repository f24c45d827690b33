"""Features of one user with one message."""

from __future__ import annotations

import numpy as np

from pushrank.features.definitions.table import Column, feature, rate


@feature
def category_affinity(
    pair_category_clicks: Column,
    pair_category_sends: Column,
    user_total_clicks: Column,
    user_total_sends: Column,
    base_click: Column,
) -> Column:
    """The user's click rate in this category, shrunk to the user's own rate."""
    own = rate(user_total_clicks, user_total_sends, base_click)
    return rate(pair_category_clicks, pair_category_sends, own, 5.0)


@feature
def category_lift(
    pair_category_total_clicks: Column,
    pair_category_total_sends: Column,
    user_total_clicks: Column,
    user_total_sends: Column,
    base_click: Column,
) -> Column:
    """How many times the user's own click rate the category reaches with this user."""
    own = rate(user_total_clicks, user_total_sends, base_click)
    return rate(pair_category_total_clicks, pair_category_total_sends, own, 5.0) / own


@feature
def root_affinity(
    pair_root_clicks: Column,
    pair_root_sends: Column,
    user_total_clicks: Column,
    user_total_sends: Column,
    base_click: Column,
) -> Column:
    """The user's click rate under the root of this category, shrunk to the user's own rate."""
    return rate(pair_root_clicks, pair_root_sends, rate(user_total_clicks, user_total_sends, base_click), 5.0)


@feature
def category_dismissal_rate(pair_category_dismissals: Column, pair_category_sends: Column) -> Column:
    """Share of this user's recent pushes of the category that were dismissed or led to its opt-out."""
    return rate(pair_category_dismissals, pair_category_sends, 0.0, 5.0)


@feature
def category_share(pair_category_sends: Column, user_month_sends: Column) -> Column:
    """Share of the user's recent pushes that came from this category."""
    return pair_category_sends / (user_month_sends + 1.0)


@feature
def tag_affinity(
    pair_tag_clicks: Column,
    pair_tag_sends: Column,
    user_total_clicks: Column,
    user_total_sends: Column,
    base_click: Column,
) -> Column:
    """The user's click rate on the message's tags, shrunk to the user's own rate."""
    return rate(pair_tag_clicks, pair_tag_sends, rate(user_total_clicks, user_total_sends, base_click), 5.0)


@feature
def tag_activity_share(pair_tag_activity: Column, user_month_activity: Column, message_tag_count: Column) -> Column:
    """Share of the user's own activity that was about a tag of the message, for its average tag."""
    return pair_tag_activity / ((user_month_activity + 5.0) * np.maximum(message_tag_count, 1.0))


@feature
def topic_activity_share(pair_topic_activity: Column, user_month_activity: Column) -> Column:
    """Share of the user's own activity that was about the message's topic, by the tags that usually go with it."""
    return pair_topic_activity / (user_month_activity + 5.0)


@feature
def topic_affinity(
    pair_topic_clicks: Column,
    pair_topic_sends: Column,
    user_total_clicks: Column,
    user_total_sends: Column,
    base_click: Column,
) -> Column:
    """The user's click rate on the tags of the topic, shrunk to the user's own rate."""
    return rate(pair_topic_clicks, pair_topic_sends, rate(user_total_clicks, user_total_sends, base_click), 10.0)


@feature
def tag_share_of_topic(pair_tag_activity: Column, pair_topic_activity: Column, message_tag_count: Column) -> Column:
    """How much of the activity about the topic was about the message's own tags, for its average tag."""
    return (pair_tag_activity / np.maximum(message_tag_count, 1.0) + 0.2) / (pair_topic_activity + 1.0)


@feature
def tag_novelty(pair_tags_known: Column, message_tag_count: Column) -> Column:
    """Share of the message's tags that the user has never met; 1 for a message without tags."""
    return 1.0 - pair_tags_known / np.maximum(message_tag_count, 1.0)


@feature
def language_match(message_language: Column, user_language: Column) -> Column:
    """1 for the user's language, 0 for another, .5 where one of the two is unknown."""
    unknown = (np.asarray(message_language) == 0.0) | (np.asarray(user_language) == 0.0)
    return np.where(unknown, 0.5, np.where(message_language == user_language, 1.0, 0.0))


@feature
def joint_rate(  # noqa: PLR0913 - a product of rates reads what each of them reads
    user_total_clicks: Column,
    user_total_sends: Column,
    pair_category_clicks: Column,
    pair_category_sends: Column,
    message_clicks: Column,
    message_sends: Column,
    everyone_clicks: Column,
    everyone_sends: Column,
    base_click: Column,
) -> Column:
    """The user's rate in the category times the message's lift over everyone: what two margins say together."""
    own = rate(user_total_clicks, user_total_sends, base_click)
    affinity = rate(pair_category_clicks, pair_category_sends, own, 5.0)
    everyone = rate(everyone_clicks, everyone_sends, base_click, 200.0)
    return affinity * rate(message_clicks, message_sends, everyone, 20.0) / everyone
