"""Files of a foreign log, as they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pushrank.logs.faults import Fault, LogError


def read_source(folder: Path, name: str, columns: Sequence[str]) -> pd.DataFrame:
    """Read a CSV file of a foreign log; raises LogError where it is missing, damaged or lacks one of `columns`."""
    try:
        frame = pd.read_csv(folder / name)
    except FileNotFoundError:
        raise LogError(Fault(name, None, None, f"a file in {folder}", "no such file")) from None
    except (ValueError, OSError, EOFError) as error:
        raise LogError(Fault(name, None, None, "a readable CSV file", f"{error}".splitlines()[0])) from None
    for column in columns:
        if column not in frame:
            raise LogError(Fault(name, None, column, f"a column {column}", f"columns {', '.join(frame.columns)}"))
    return frame
