"""Draw the pictures of the documentation, from figures that lie beside them.

python docs/pictures/make.py                                draw decision.png from decision.json
python docs/pictures/make.py --ask http://127.0.0.1:3000    ask a running demo first, and keep its answer
"""  # noqa: INP001 - a script beside its pictures

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any
from urllib.request import Request, urlopen

import matplotlib as mpl
import typer
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pushrank.config.home import Home

HERE = Path(__file__).resolve().parent
PASSED_OVER, EXCLUDED = 7, 5  # how many of them are drawn
CHOSEN, OTHERS, RISK, QUIET = "#1b7f5c", "#9aa5b1", "#d1495b", "#5b6470"


def ask(url: str, home: Home) -> dict[str, Any]:
    """Put the call that `make serve` prints, and give it with the answer."""
    key = home.dev_key.read_text(encoding="ascii").strip()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    question = json.loads(home.example.read_text(encoding="utf-8"))
    request = Request(f"{url}/v1/rank", json.dumps(question).encode(), headers)  # noqa: S310 - an address from the caller
    with urlopen(request, timeout=10) as answer:  # noqa: S310
        found = json.load(answer)
    return {"question": question, "answer": found}


def draw(kept: dict[str, Any], target: Path) -> None:
    """Draw one decision: what each candidate would bring, what its risk costs, and what was chosen."""
    answer, value = kept["answer"], kept["answer"]["permission_value"]
    scored = [*answer["slate"], *answer["passed_over"][:PASSED_OVER]]
    excluded = answer["excluded"][:EXCLUDED]
    rows = len(scored) + len(excluded) + 2
    bare = {f"axes.spines.{side}": False for side in ("top", "right")}
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9, **bare}):
        figure = Figure(figsize=(8.4, 0.27 * rows + 1.3), dpi=110, layout="constrained")
        axes = figure.add_subplot()
        _bars(axes, scored, len(answer["slate"]), value)
        _words(axes, answer, len(scored), excluded)
        figure.savefig(target, metadata={"Software": None})


def _bars(axes: Axes, scored: list[dict[str, Any]], chosen: int, value: float) -> None:
    for place, one in enumerate(scored):
        risk = one["p_opt_out"] * value
        colour = CHOSEN if place < chosen else OTHERS
        axes.barh(place, one["net_value"], color=colour, height=0.62)
        axes.barh(place, risk, left=one["net_value"], color=RISK, alpha=0.55, height=0.62)
        axes.text(one["net_value"] + risk, place, f"  {one['net_value']:+.3f}", va="center", color=colour)
    axes.set_xlim(0, 1.1 * max(one["net_value"] + one["p_opt_out"] * value for one in scored))


def _words(axes: Axes, answer: dict[str, Any], scored: int, excluded: list[dict[str, Any]]) -> None:
    names = [one["message_id"] for one in (answer["slate"] + answer["passed_over"])[:scored]]
    left_out = len(answer["slate"]) + len(answer["passed_over"]) - scored
    places = [*range(scored), *range(scored + 1, scored + 1 + len(excluded))]
    axes.set_yticks(places, [*names, *(one["message_id"] for one in excluded)])
    axes.text(0, scored, f"  and {left_out} more that were allowed and passed over", va="center", color=QUIET)
    for place, one in zip(places[scored:], excluded, strict=True):
        axes.text(0, place, f"  excluded: {one['code']}", va="center", color=QUIET, style="italic")
    more = len(answer["excluded"]) - len(excluded)
    if more > 0:
        axes.text(0, places[-1] + 1, f"  and {more} more that were excluded", va="center", color=QUIET)
    axes.set_ylim(places[-1] + 1.8, -1)
    axes.set_xlabel("ordinary clicks: the whole bar is worth x P(click), red is P(opt-out) x V(permission)")
    silence = (answer["frequency"] or {"price": 0.0})["price"]
    axes.axvline(silence, color=QUIET, linestyle=":", linewidth=1.2)
    title = f"One decision: green was chosen, grey was passed over, silence (dotted) is worth {silence:.3f}"
    axes.set_title(title, loc="left", fontsize=10)


def main(
    url: Annotated[str, typer.Option("--ask", metavar="URL", help="Address of a running demo to ask first.")] = "",
    out: Annotated[Path, typer.Option(help="Folder of the pictures.")] = HERE,
) -> None:
    """Draw the pictures; PUSHRANK_HOME is the demo's home where one is asked."""
    if url:
        kept = ask(url, Home.of(os.environ))
        (HERE / "decision.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    kept = json.loads((HERE / "decision.json").read_text(encoding="utf-8"))
    draw(kept, out / "decision.png")


if __name__ == "__main__":
    typer.run(main)
