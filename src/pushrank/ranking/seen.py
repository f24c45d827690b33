"""What a decision saw: the rows of features that the scorer read, kept for a few decisions to find skew by."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np

from pushrank.domain.record import FeatureRow
from pushrank.features.state import Floats
from pushrank.ranking.deciding import Question

_BITS = 64


@dataclass(frozen=True, slots=True)
class Seen:
    """A matrix of features, float64[rows, names]: a row for each candidate, then for further moments of some.

    `send_at` has the moment of each row, in microseconds.
    """

    names: tuple[str, ...]
    message_ids: tuple[str, ...]
    send_at: tuple[int, ...]
    rows: Floats


def is_kept(decision_id: str, share: float) -> bool:
    """Whether a decision is one of the `share` of which it is kept what they saw.

    It follows from the id alone, which is made by chance, so that nobody is chosen for who they are, and a decision
    that is made again is treated alike.
    """
    digest = blake2b(decision_id.encode(), digest_size=_BITS // 8, person=b"pushrank seen").digest()
    return int.from_bytes(digest, "big") < share * (1 << _BITS)


def seen(question: Question, user_key: str, share: float) -> FeatureRow | None:
    """Give what the scorer read for a question; None where that is not kept, or where nothing was scored.

    Looks are kept like all others, since they are answers of the same model; of whoever is not known, or not to be
    known, the rows speak of messages alone.
    """
    if not question.rows or not is_kept(question.decision_id, share):
        return None
    body: dict[str, Any] = {
        "names": question.served.view.names,
        "message_ids": [row.message.message_id for row in question.rows],
        "send_at": [row.send_at for row in question.rows],
        "rows": question.weighed.matrix.tolist(),
    }
    at, features = question.request.as_of, question.served.features
    return FeatureRow(question.decision_id, user_key, at, features, msgspec.json.encode(body))


def read(row: FeatureRow) -> Seen:
    """Read what was kept, bit for bit; a figure that was no number was written as null."""
    body = msgspec.json.decode(row.body)
    rows = np.array(body["rows"], dtype=np.float64).reshape(len(body["message_ids"]), len(body["names"]))
    return Seen(tuple(body["names"]), tuple(body["message_ids"]), tuple(body["send_at"]), rows)
