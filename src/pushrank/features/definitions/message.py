"""Features of the message: the same for every user at one moment."""

from __future__ import annotations

import numpy as np

from pushrank.features.definitions.table import HOUR_US, LONG_AGO, Column, feature, rate


@feature
def message_age_hours(as_of: Column, message_published_at: Column) -> Column:
    """Hours since publication, 90 days at most and where unknown."""
    return np.minimum(np.maximum((as_of - message_published_at) / HOUR_US, 0.0), LONG_AGO)


@feature
def message_hours_left(as_of: Column, message_expires_at: Column) -> Column:
    """Hours until expiry, 90 days at most and where there is none."""
    left = (message_expires_at - as_of) / HOUR_US
    return np.where(message_expires_at == 0.0, LONG_AGO, np.minimum(np.maximum(left, 0.0), LONG_AGO))


@feature
def everyone_click_rate_week(everyone_week_clicks: Column, everyone_week_sends: Column, base_click: Column) -> Column:
    """Click rate of all pushes of the last week."""
    return rate(everyone_week_clicks, everyone_week_sends, base_click, 200.0)


@feature
def everyone_opt_out_rate_week(
    everyone_week_opt_outs: Column, everyone_week_sends: Column, base_opt_out: Column
) -> Column:
    """Opt-out rate of all pushes of the last week."""
    return rate(everyone_week_opt_outs, everyone_week_sends, base_opt_out, 2000.0)


@feature
def category_click_rate(category_clicks: Column, category_sends: Column, base_click: Column) -> Column:
    """Click rate of the category with everyone."""
    return rate(category_clicks, category_sends, base_click, 50.0)


@feature
def category_click_rate_week(
    category_week_clicks: Column,
    category_week_sends: Column,
    category_clicks: Column,
    category_sends: Column,
    base_click: Column,
) -> Column:
    """Click rate of the category in the last week, shrunk to its own rate: shows an appeal that falls."""
    return rate(
        category_week_clicks, category_week_sends, rate(category_clicks, category_sends, base_click, 50.0), 50.0
    )


@feature
def category_opt_out_rate(category_opt_outs: Column, category_sends: Column, base_opt_out: Column) -> Column:
    """Opt-out rate of the category with everyone."""
    return rate(category_opt_outs, category_sends, base_opt_out, 1000.0)


@feature
def message_click_rate(
    message_clicks: Column,
    message_sends: Column,
    category_clicks: Column,
    category_sends: Column,
    base_click: Column,
) -> Column:
    """Click rate of the message with others, shrunk to that of its category."""
    return rate(message_clicks, message_sends, rate(category_clicks, category_sends, base_click, 50.0), 20.0)


@feature
def message_opt_out_rate(message_opt_outs: Column, message_sends: Column, base_opt_out: Column) -> Column:
    """Opt-out rate of the message with others."""
    return rate(message_opt_outs, message_sends, base_opt_out, 500.0)


@feature
def message_dismissal_rate(
    message_dismissals: Column, message_sends: Column, category_dismissals: Column, category_sends: Column
) -> Column:
    """Share of pushes of this message that others dismissed, shrunk to that of its category."""
    return rate(message_dismissals, message_sends, rate(category_dismissals, category_sends, 0.0, 50.0), 20.0)
