"""One JSON line for each event of the service: no body, no path, no id of a person, no message of an exception."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Any, TextIO

import msgspec
import structlog

_FRAMES = 8


def configure(stream: TextIO | None = None) -> None:
    """Write JSON lines to `stream`, standard error unless told."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_render),
        ],
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=True,
    )


def _render(event: Any, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def where(error: BaseException) -> dict[str, Any]:
    """Name an exception and the lines it came through; its text may hold data of a person and stays out."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return {
        "error": type(error).__qualname__,
        "trace": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }
