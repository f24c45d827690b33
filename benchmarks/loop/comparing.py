"""Arms beside each other, as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.loop.figures import METRICS, Figure, Measured, measure
from benchmarks.loop.ground import DAYS, LOG_DAYS, Key
from benchmarks.loop.living import folder, model_of
from benchmarks.report import Table
from pushrank.evaluation.resampling import Interval
from pushrank.town.loop import Result, read_result

_SHOWN = {
    "clicks": "clicks",
    "ordinary_clicks": "ordinary clicks",
    "opted_out": "opt-outs",
    "pushes": "pushes",
    "starved": "starved",
}
_RATIOS = {
    "clicks": "clicks",
    "ordinary_clicks": "ordinary clicks",
    "opted_out": "opt-outs",
    "true_clicks": "clicks by true chance",
    "true_opt_outs": "opt-outs by true chance",
    "pushes": "pushes",
}


class MissingError(LookupError):
    """There is no result of this arm yet, or none of the model that the others had; the text says how to make it."""


def read(out: Path, keys: Sequence[Key], arms: Sequence[str]) -> dict[str, list[Result]]:
    """Read the results of arms, in the order of the keys. Raises MissingError."""
    for key in keys:
        _refuse_mixed(out, key, arms)
    return {arm: [_read_one(out, key, arm) for key in keys] for arm in arms}


def compared(results: Mapping[str, Sequence[Result]], keys: Sequence[Key], first: str) -> list[Table]:
    """What each arm brings, and what it brings beside the first."""
    measured = measure(results)
    town = f"{keys[0].rules}, {keys[0].users} people, seeds {','.join(str(key.seed) for key in keys)}"
    title = f"{town}: {DAYS - LOG_DAYS} days, for each person; mean over seeds (95 % interval over people)"
    columns = ("arm", *_SHOWN.values(), "reach at the end")
    rows = [_row(measured, arm) for arm in measured.arms]
    beside = f"{town}: beside {first}, the same people and moments; ratio (95 % interval)"
    spread = f"{town}: the same ratio seed by seed, least to greatest"
    more = f"{town}: more than {first}, for each person (95 % interval)"
    return [
        Table("arms", title, columns, rows, _raw(measured)),
        Table("beside", beside, ("arm", *_RATIOS.values()), _ratios(measured, first, _times), None),
        Table("spread", spread, ("arm", *_RATIOS.values()), _ratios(measured, first, _spread), None),
        Table("more", more, ("arm", *_SHOWN.values()), _differences(measured, first), None),
    ]


def best_cap(results: Mapping[str, Sequence[Result]]) -> tuple[str, Measured]:
    """Name the arm with the most clicks for each person; of equal ones the first."""
    measured = measure(results)
    return max(measured.arms, key=lambda arm: measured.mean(arm, "clicks").value), measured


def caps(measured: Measured, best: str) -> Table:
    """Clicks under each cap, the best one marked."""
    rows = [
        (
            f"{arm} (best)" if arm == best else arm,
            *(_told(measured.mean(arm, name)) for name in ("clicks", "ordinary_clicks", "opted_out", "pushes")),
        )
        for arm in measured.arms
    ]
    columns = ("arm", "clicks", "ordinary clicks", "opt-outs", "pushes")
    return Table("caps", "For each person; mean over seeds (95 % interval over people)", columns, rows, _raw(measured))


def _read_one(out: Path, key: Key, arm: str) -> Result:
    return read_result(folder(out, key, arm))


def _refuse_mixed(out: Path, key: Key, arms: Sequence[str]) -> None:
    """Arms that were served by different models can't be compared."""
    how = f"python -m benchmarks.loop run --rules {key.rules} --users {key.users} --seed {key.seed}"
    models: dict[str, str] = {}
    for arm in arms:
        try:
            model = model_of(out, key, arm)
        except FileNotFoundError:
            msg = f"{folder(out, key, arm)}: no result yet; make it by `{how} --arm {arm}`"
            raise MissingError(msg) from None
        if model is not None:
            models[arm] = model
    if len(set(models.values())) > 1:
        told = ", ".join(f"{arm} {model[:12]}" for arm, model in models.items())
        anew = f"{how} --arm {','.join(models)}"
        msg = f"{key.name}: expected arms of one model, got {told}; `{anew}` makes the old ones anew"
        raise MissingError(msg)


def _row(measured: Measured, arm: str) -> tuple[str, ...]:
    gone = measured.mean(arm, "opted_out")
    return (arm, *(_told(measured.mean(arm, name)) for name in _SHOWN), f"{100 * (1 - gone.value):.1f} %")


def _ratios(measured: Measured, first: str, tell: Callable[[Figure], str]) -> list[tuple[str, ...]]:
    others = [arm for arm in measured.arms if arm != first]
    return [(arm, *(tell(measured.ratio(arm, first, name)) for name in _RATIOS)) for arm in others]


def _differences(measured: Measured, first: str) -> list[tuple[str, ...]]:
    others = [arm for arm in measured.arms if arm != first]
    return [(arm, *(_more(measured.difference(arm, first, name)) for name in _SHOWN)) for arm in others]


def _told(figure: Figure) -> str:
    return f"{figure.value:.4g}{_between(figure.interval, '.4g')}"


def _more(figure: Figure) -> str:
    return f"{figure.value:+.3g}{_between(figure.interval, '+.3g')}"


def _times(figure: Figure) -> str:
    return f"{figure.value:.3f}{_between(figure.interval, '.3f')}"


def _spread(figure: Figure) -> str:
    return f"{min(figure.by_seed):.2f} to {max(figure.by_seed):.2f}"


def _between(found: Interval | None, form: str) -> str:
    return "" if found is None else f" ({found[0]:{form}} to {found[1]:{form}})"


def _raw(measured: Measured) -> dict[str, dict[str, object]]:
    return {arm: {name: asdict(measured.mean(arm, name)) for name in METRICS} for arm in measured.arms}
