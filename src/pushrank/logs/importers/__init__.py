"""Foreign logs brought into the format, one file each."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pushrank.logs.importers.newsletter import import_newsletter
from pushrank.logs.importers.open_bandit import import_open_bandit

IMPORTERS: Mapping[str, Callable[[Path, Path], list[Path]]] = {
    "newsletter": import_newsletter,
    "open_bandit": import_open_bandit,
}
"""For each foreign format the function that reads a folder and writes logs; it returns the folders of the logs."""

__all__ = ["IMPORTERS", "import_newsletter", "import_open_bandit"]
