"""What permission is worth, counted over the rows of a log."""

from __future__ import annotations

import numpy as np

from pushrank.domain.instants import DAY
from pushrank.learning.dataset import Rows
from pushrank.scoring.permission import permission_value


def pooled_permission_value(rows: Rows, discount_days: float) -> float:
    """V(permission) of `pushrank.scoring.permission` over all users of the rows, in ordinary clicks.

    A user's channel counts as open from the first push until the one that was answered by an opt-out, else until the
    last push of the log; each user counts for a day at least.
    """
    last = int(rows.sent_at.max())
    first, end = np.full(len(rows.user_ids), last), np.full(len(rows.user_ids), last)
    np.minimum.at(first, rows.user, rows.sent_at)
    gone = rows.opt_out == 1
    np.minimum.at(end, rows.user[gone], rows.sent_at[gone])
    seen = np.unique(rows.user)
    days = np.maximum((end - first)[seen] / DAY, 1.0)
    return permission_value(float((rows.click == 1).sum()), float(gone.sum()), float(days.sum()), discount_days)
