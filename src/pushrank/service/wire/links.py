"""Signed addresses for one user."""

from __future__ import annotations

from pushrank.service.wire.values import Answer


class LinksAnswer(Answer, frozen=True):
    """Addresses to put into a message; whoever holds one may open it, so they are for the user alone.

    `preferences` opens the preference centre until `preferences_expires_at`; its last part is also the user's own
    token. `opt_out` opens a page with one button that ends all pushes; it can do nothing else and does not end.
    """

    preferences: str
    opt_out: str
    preferences_expires_at: str
