"""What asking for permission costs: one ranking of 100 candidates with these checks, beside the same without.

    python -m benchmarks permission

As in `constraints` the ranker is asked in this process, `look` after `look`, about users of the sample town, each
request in every way, in an order that moves on. Without: the policy has no constraint that asks about consent, choices
or reach, which no configuration can say; it is taken apart here. With: people who said nothing, and people who set
everything (consents by purpose, categories, caps per category, interests not to be used, caps and quiet hours), so that
nothing is removed and all 100 candidates are scored in each way.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.constraints import Spent, at_once, medians, requests, taking_turns
from benchmarks.ground import AS_OF, Ground, copied, prepared
from benchmarks.report import Table
from pushrank.domain.codes import Purpose, QuietAction
from pushrank.domain.record import Change, Reading
from pushrank.domain.user import Consent, Preferences, QuietWindow
from pushrank.ranking.ranker import Ranker
from pushrank.service.deployment import Deployment, open_deployment

WITHOUT, SILENT, SPOKEN = "nothing asked", "asked, nothing set", "asked, everything set"


def measure(root: Path, *, users: int, rounds: int) -> Table:
    """Answer every user's request `rounds` times in each way and compare the medians."""
    ground = prepared(root, users)
    found = _asked(root, ground, rounds)
    first = medians(found[WITHOUT])
    rows = [_row(name, medians(spent), first) for name, spent in found.items()]
    title = f"One ranking of 100 candidates, {len(found[WITHOUT])} requests each way"
    return Table("permission", title, ("consent and choices", "median us", "x first", "CPU us", "x first"), rows, {})


def _asked(root: Path, ground: Ground, rounds: int) -> Mapping[str, list[Spent]]:
    homes = {name: copied(ground, root / f"permission-{place}") for place, name in enumerate((WITHOUT, SILENT, SPOKEN))}
    with (
        closing(open_deployment(ground.environment(homes[WITHOUT]))) as plain,
        closing(open_deployment(ground.environment(homes[SILENT]))) as silent,
        closing(open_deployment(ground.environment(homes[SPOKEN]))) as spoken,
    ):
        _set_everything(spoken, ground.asked()[0])
        ways = {WITHOUT: _unasked(plain), SILENT: _asking(silent), SPOKEN: _asking(spoken)}
        return taking_turns(ways, requests(ground, rounds))


def _unasked(deployment: Deployment) -> Ranker:
    ranker = _asking(deployment)
    rest = tuple(constraint for constraint in ranker.policy.constraints if not constraint.permission)
    return replace(ranker, policy=replace(ranker.policy, constraints=rest))


def _asking(deployment: Deployment) -> Ranker:
    policy = deployment.policy
    return replace(deployment.ranker, policy=replace(policy, config=at_once(policy.config)))


def _set_everything(deployment: Deployment, users: list[str]) -> None:
    chosen = partial(_chosen, _everything(deployment))
    deployment.store.transact_batch([(deployment.pseudonyms.of(user), chosen, AS_OF, ()) for user in users])


def _everything(deployment: Deployment) -> Preferences:
    listed = sorted(deployment.categories)
    versions = {purpose: spec.version for purpose, spec in deployment.purposes.items()}
    return Preferences(
        categories={"*": True} | dict.fromkeys(listed, True),
        max_per_day=9,
        max_per_week=39,
        quiet_hours=(QuietWindow(22 * 60, 8 * 60), *(QuietWindow(60 * hour, 60 * hour + 30) for hour in range(1, 5))),
        in_quiet_hours=QuietAction.DEFER,
        language="zh",
        consents={purpose: Consent(granted=True, policy_version=versions[purpose], at=AS_OF) for purpose in Purpose},
        category_caps=dict.fromkeys(listed, 30),
        tags={f"tag-{place}": False for place in range(20)},
        version=40,
    )


def _chosen(preferences: Preferences, reading: Reading) -> Change[None]:
    zone = reading.record.preferences.timezone
    return Change(None, record=replace(reading.record, preferences=replace(preferences, timezone=zone)))


def _row(name: str, found: tuple[float, float], first: tuple[float, float]) -> tuple[str, ...]:
    return (
        name,
        f"{found[0]:.0f}",
        f"{found[0] / first[0]:.2f}",
        f"{found[1]:.0f}",
        f"{found[1] / first[1]:.2f}",
    )
