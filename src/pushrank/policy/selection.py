"""From scored candidates to a slate: the best first, each next one asked again, silence where nothing is worth it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pushrank.domain.codes import ExclusionCode, SilenceCode
from pushrank.domain.decision import Chosen, Exclusion, Scored
from pushrank.policy.ask import Ask, Rows
from pushrank.policy.exploration import Chance, Dice
from pushrank.policy.field import Field
from pushrank.policy.policy import Policy
from pushrank.policy.value import Scores


@dataclass(frozen=True, slots=True)
class Selection:
    """What becomes of every eligible message: in exactly one of `slate`, `passed_over` and `excluded`.

    `rows` are the places of the slate's messages among the eligible rows, in the slate's order. A message that is
    passed over stands there by its best row. `excluded` holds only what the slate itself removed. `propensity` is the
    probability of the whole slate, and of the silence that ended it: the product of those of its places. `explored` are
    messages that were worth more than what chance chose, `bonus` is what the net values of `passed_over` have in
    them for keeping in touch, and `floor` what silence is worth.
    """

    slate: tuple[Chosen, ...]
    rows: tuple[int, ...]
    passed_over: tuple[Scored, ...]
    excluded: tuple[Exclusion, ...]
    silence: SilenceCode | None
    propensity: float = 1.0
    explored: frozenset[str] = frozenset()
    bonus: float = 0.0
    floor: float = 0.0


def select(  # noqa: PLR0913 - what a choice depends on
    policy: Policy,
    ask: Ask,
    rows: Rows,
    scores: Scores,
    slots: int,
    excluded: Sequence[Exclusion] = (),
    rng: Dice | None = None,
) -> Selection:
    """Choose up to `slots` messages of the highest net value above the floor; equal ones in order of their ids.

    `rows` may hold one message several times, each time with another `send_at`: it is chosen once. The policy's
    `permission_value` goes before that of the scores. Each message chosen counts as held at its `send_at`, and as just
    sent, for those after it: net values are those by which a place was given, or by which the last one was not. A row
    whose net value is not a finite number comes last and is never chosen. `excluded` is what the constraints removed
    before; it only decides how silence is called. With `rng` chance has its part, where the policy says so.
    """
    field, chance = Field(policy, ask, rows, scores), Chance.of(ask, rng)
    slate: dict[int, Chosen] = {}
    explored: set[str] = set()
    propensity = 1.0
    while len(slate) < slots:
        options = field.options(chance)
        drawn = chance.draw([field.net[place] for place in options])
        propensity *= drawn.propensity
        if drawn.option is None:
            explored.update(field.above(chance.floor))
            break
        place = options[drawn.option]
        explored.update(rows[better].message.message_id for better in options[: drawn.option])
        slate[place] = _chosen(field, place, len(slate) + 1, drawn.propensity)
        field.take(place, last=len(slate) == slots)
    passed_over, removed = field.passed_over(), field.excluded()
    return Selection(
        slate=tuple(slate.values()),
        rows=tuple(slate),
        passed_over=passed_over,
        excluded=removed,
        silence=None if len(slate) == slots else _silence(passed_over, (*excluded, *removed)),
        propensity=propensity,
        explored=frozenset(explored.difference(one.scored.message_id for one in slate.values())),
        bonus=field.bonus,
        floor=ask.floor,
    )


def _chosen(field: Field, place: int, rank: int, propensity: float) -> Chosen:
    row = field.rows[place]
    return Chosen(field.scored(place), rank, row.send_at, propensity, event_key=row.message.event_key)


def _silence(passed_over: Sequence[Scored], excluded: Sequence[Exclusion]) -> SilenceCode:
    if passed_over:
        return SilenceCode.BELOW_VALUE
    if not excluded:
        return SilenceCode.NO_CANDIDATES
    muted = all(exclusion.code is ExclusionCode.MUTED for exclusion in excluded)
    return SilenceCode.MUTED if muted else SilenceCode.ALL_EXCLUDED
