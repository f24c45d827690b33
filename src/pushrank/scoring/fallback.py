"""What serves before there is a model: the item-only scorer with modest priors."""

from __future__ import annotations

from pushrank.features.text import fit_basis
from pushrank.features.view import FeatureView, feature_names
from pushrank.scoring.bundle import Bundle
from pushrank.scoring.item_only import ItemOnlyScorer
from pushrank.scoring.permission import Permission, permission_value

PRIOR_CLICK = 0.05
PRIOR_OPT_OUT = 0.001
_SENDS_PER_DAY = 1.0
_DISCOUNT_DAYS = 90.0


def without_model(default_timezone: str = "UTC") -> Bundle:
    """Stand in for a bundle: `scorer` is the item-only one, `version` None, `digest` empty.

    V(permission) is that of one push a day with the prior rates.
    """
    view = FeatureView(
        names=feature_names(0, ()),
        constants={"base_click": PRIOR_CLICK, "base_opt_out": PRIOR_OPT_OUT},
        basis=fit_basis((), 1, 0, 0),
        default_timezone=default_timezone,
    )
    value = permission_value(PRIOR_CLICK * _SENDS_PER_DAY, PRIOR_OPT_OUT * _SENDS_PER_DAY, 1.0, _DISCOUNT_DAYS)
    items = ItemOnlyScorer.of(view.names)
    return Bundle(view, items, items, Permission.flat(value), {}, version=None, digest="")
