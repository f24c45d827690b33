"""The model that answers requests: one value, exchanged as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from pushrank.domain.decision import Versions
from pushrank.features.view import FeatureView
from pushrank.scoring.bundle import Bundle
from pushrank.scoring.permission import Permission
from pushrank.scoring.scorer import Scorer

_DIGEST_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class Served:
    """A feature view with the scorers that read its matrix, and what permission is worth to whom.

    `degraded`: there is no usable model, and `scorer` is the item-only one too.
    """

    view: FeatureView
    scorer: Scorer
    item_only: Scorer
    permission: Permission
    model: str | None
    features: str
    certificate: str | None = None
    degraded: bool = False

    @classmethod
    def of(cls, bundle: Bundle) -> Served:
        """Serve a bundle: by the registry's version, else by its digest. One without a digest holds no model."""
        return cls(
            view=bundle.view,
            scorer=bundle.scorer,
            item_only=bundle.item_only,
            permission=bundle.permission,
            model=bundle.version or bundle.digest[:_DIGEST_CHARACTERS] or None,
            features=bundle.view.digest,
            degraded=not bundle.digest,
        )

    def versions(self, policy: str) -> Versions:
        """What made a decision under this policy version."""
        return Versions(self.model, policy, self.features, self.certificate)
