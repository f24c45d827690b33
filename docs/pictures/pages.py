"""Take pictures of the pages that people see, in Chromium, from a small service with made-up people in it.

PYTHONPATH=. python docs/pictures/pages.py    needs Chromium, and a font with Chinese letters
"""  # noqa: INP001 - a script beside its pictures

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import typer
from PIL import Image
from playwright.sync_api import Browser, ViewportSize

from pushrank.domain.instants import to_datetime
from tests.browsers import chromium
from tests.small_pages import Paths, get, paths_of, press
from tests.small_service import NOW, SmallService, lay_champion, service_in_process

HERE = Path(__file__).resolve().parent
USER = "u-1042"
COLOURS = 160

MESSAGES: list[dict[str, Any]] = [
    {"message_id": "m-match", "category": "sport.tennis", "title": "The final starts at nine", "tags": ["tennis"]},
    {"message_id": "m-rain", "category": "news", "title": "Rain from noon on"},
    {"message_id": "m-bread", "category": "food", "title": "Bread in an hour", "tags": ["baking"]},
    {"message_id": "m-offer", "category": "promo", "title": "Shoes at half price", "kind": "offer"},
]


class Shot(NamedTuple):
    """One picture: its file, what it shows, in which language and light, and how large the screen is."""

    file: str
    path: str
    language: str = "en"
    scheme: Literal["light", "dark"] = "light"
    width: int = 360
    height: int = 640


def shots(person: Paths) -> tuple[Shot, ...]:
    """The pictures of the documentation."""
    done, topics = f"{person.preferences}?done=2", f"{person.preferences}?at=topics"
    return (
        Shot("preferences-en", f"{person.preferences}?at=why", height=1060),
        Shot("preferences-zh", done, language="zh", height=1060),
        Shot("preferences-dark", topics, scheme="dark", width=1100, height=900),
        Shot("opt-out-en", person.opt_out),
        Shot("how-ranking-works-en", "/how-ranking-works", width=820, height=1100),
    )


@contextmanager
def service() -> Iterator[tuple[SmallService, Paths]]:
    """A service with one person in it, who reads about tennis and said a word or two."""
    with tempfile.TemporaryDirectory() as folder:
        lay_champion(Path(folder))
        with service_in_process(Path(folder), PUSHRANK_POLICY="default") as found:
            found.call.post("/v1/messages", {"messages": MESSAGES})
            path = f"/v1/users/{USER}/preferences"
            found.call("PATCH", path, {"timezone": "Asia/Shanghai", "max_per_day": 3})
            found.call.post("/v1/events", {"events": [_view(place) for place in range(6)]})
            asked = {"user_id": USER, "candidates": [one["message_id"] for one in MESSAGES], "mode": "confirm"}
            found.call.post("/v1/rank", asked | {"at": _at(0)})
            person = paths_of(found.call, USER)
            press(found.call, person.preferences, ("topic", "fewer:shop"), ("at", "topics"))
            yield found, person


def _at(days_before: int) -> str:
    return (to_datetime(NOW) - timedelta(days=days_before)).isoformat()


def _view(place: int) -> dict[str, Any]:
    told = {"type": "activity", "user_id": USER, "kind": "read", "tags": ["tennis"]}
    return {**told, "event_id": f"e-{place}", "at": _at(place + 1)}


def pages() -> Iterator[tuple[Shot, str]]:
    """Ask for every page, before there is a browser: both want a loop of their own."""
    with service() as (found, person):
        for shot in shots(person):
            joint = "&" if "?" in shot.path else "?"
            yield shot, get(found.call, f"{shot.path}{joint}language={shot.language}").text


def take(browser: Browser, shot: Shot, text: str, target: Path) -> None:
    """Take one picture."""
    size = ViewportSize(width=shot.width, height=shot.height)
    context = browser.new_context(viewport=size, color_scheme=shot.scheme, device_scale_factor=1.5)
    page = context.new_page()
    page.set_content(text)
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            target, optimize=True
        )
    context.close()


def main(out: Annotated[Path, typer.Option(help="Folder of the pictures.")] = HERE) -> None:
    """Take all pictures."""
    texts = list(pages())
    with chromium() as browser:
        for shot, text in texts:
            take(browser, shot, text, out / f"{shot.file}.png")


if __name__ == "__main__":
    typer.run(main)
