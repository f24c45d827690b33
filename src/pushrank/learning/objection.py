"""Who objected to marketing is not learned from in marketing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pushrank.config import Category
from pushrank.domain.codes import Purpose
from pushrank.logs import Log
from pushrank.policy.categories import CategoryTree

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Objection:
    """Users of a log who objected to marketing, and its messages that are marketing."""

    users: frozenset[str] = frozenset()
    messages: frozenset[str] = frozenset()

    @classmethod
    def of(cls, log: Log, categories: Mapping[str, Category], others: Collection[str] = ()) -> Objection:
        """Read who objected, beside `others`; what is marketing say the messages, else their categories."""
        users = frozenset(name for name, said in log.preferences().items() if said.objected).union(others)
        if not users:
            return cls()
        purpose_of = CategoryTree(categories).purpose_of
        found = (message.message_id for message in log.messages() if purpose_of(message) is Purpose.MARKETING)
        return cls(users, frozenset(found))

    def withheld(self, outcomes: pd.DataFrame) -> Mask:
        """Tell which rows of outcomes must not be learned from, bool[n]."""
        if not self.users or not self.messages:
            return np.zeros(len(outcomes), dtype=np.bool_)
        both = outcomes["user_id"].isin(self.users) & outcomes["message_id"].isin(self.messages)
        return both.to_numpy(np.bool_)


NOBODY = Objection()
