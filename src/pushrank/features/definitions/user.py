"""Features of the user and of the hour: shared by all candidates of a request."""

from __future__ import annotations

import numpy as np

from pushrank.features.definitions.table import HOUR_US, Column, feature, rate


@feature
def user_click_rate(user_total_clicks: Column, user_total_sends: Column, base_click: Column) -> Column:
    """Share of all pushes to this user that were clicked, shrunk."""
    return rate(user_total_clicks, user_total_sends, base_click)


@feature
def user_click_rate_month(user_month_clicks: Column, user_month_sends: Column, base_click: Column) -> Column:
    """The same with older pushes fading within a month."""
    return rate(user_month_clicks, user_month_sends, base_click, 5.0)


@feature
def user_click_rate_week(user_week_clicks: Column, user_week_sends: Column, base_click: Column) -> Column:
    """The same with older pushes fading within a week."""
    return rate(user_week_clicks, user_week_sends, base_click, 3.0)


@feature
def user_open_rate(user_month_opens: Column, user_month_sends: Column, base_click: Column) -> Column:
    """Share of recent pushes that were opened, shrunk to the base rate of clicks."""
    return rate(user_month_opens, user_month_sends, base_click, 5.0)


@feature
def user_dismissal_rate(user_month_dismissals: Column, user_month_sends: Column) -> Column:
    """Share of recent pushes that were dismissed, shrunk to nothing."""
    return rate(user_month_dismissals, user_month_sends, 0.0, 5.0)


@feature
def user_sends_against_habit(user_week_sends: Column, user_month_sends: Column) -> Column:
    """Pushes of the last week against what a week of the last month would give: above 1 there are more than usual."""
    return (user_week_sends + 1.0) / (user_month_sends * (7.0 / 30.0) + 1.0)


@feature
def user_activity_against_habit(user_week_activity: Column, user_month_activity: Column) -> Column:
    """Activity of the last week against a usual week: below 1 the user drifts away."""
    return (user_week_activity + 1.0) / (user_month_activity * (7.0 / 30.0) + 1.0)


@feature
def user_sends_per_activity(user_month_sends: Column, user_month_activity: Column) -> Column:
    """Pushes for each time the user came by on their own."""
    return user_month_sends / (user_month_activity + 1.0)


@feature
def user_days_registered(as_of: Column, user_registered_at: Column) -> Column:
    """Days since registration, at most 1,000; 1,000 where unknown."""
    return np.minimum(np.maximum((as_of - user_registered_at) / (24.0 * HOUR_US), 0.0), 1000.0)


@feature
def hour_click_rate(
    hour_clicks: Column, hour_sends: Column, user_total_clicks: Column, user_total_sends: Column, base_click: Column
) -> Column:
    """Click rate of pushes around this local hour, shrunk to the user's own rate."""
    return rate(hour_clicks, hour_sends, rate(user_total_clicks, user_total_sends, base_click))


@feature
def day_click_rate(
    day_clicks: Column, day_sends: Column, user_total_clicks: Column, user_total_sends: Column, base_click: Column
) -> Column:
    """Click rate of pushes on this day of the week, shrunk to the user's own rate."""
    return rate(day_clicks, day_sends, rate(user_total_clicks, user_total_sends, base_click))


@feature
def hour_activity_share(hour_activity: Column, user_total_activity: Column) -> Column:
    """How active the user is around this hour, 1 for an average hour; shrunk to 1."""
    return (hour_activity * 12.0 + 10.0) / (user_total_activity + 10.0)


@feature
def day_activity_share(day_activity: Column, user_total_activity: Column) -> Column:
    """How active the user is on this day of the week, 1 for an average day; shrunk to 1."""
    return (day_activity * 7.0 + 10.0) / (user_total_activity + 10.0)
