"""One JSON line for each event of the service: no body, no path, no id of a person, no message of an exception."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from typing import Any, TextIO

import msgspec
import structlog

_FRAMES = 8
# They write down an exception that nobody caught, with its text.
_LAST_RESORTS = ("uvicorn.error", "asyncio")


def configure(stream: TextIO | None = None) -> None:
    """Write JSON lines to `stream`, standard error unless told."""
    keep_texts_out()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_render),
        ],
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=True,
    )


def keep_texts_out() -> None:
    """Let the loggers of the server itself tell where an exception came from, and not its text."""
    for name in _LAST_RESORTS:
        logging.getLogger(name).addFilter(_without_text)


def _render(event: Any, **_: Any) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def where(error: BaseException) -> dict[str, Any]:
    """Name an exception and the lines it came through; its text may hold data of a person and stays out."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return {
        "error": type(error).__qualname__,
        "trace": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _without_text(record: logging.LogRecord) -> bool:
    """Leave of a record with an exception where it came from."""
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        record.msg, record.args = "uncaught: %s", (_render(where(error)),)
        record.exc_info = record.exc_text = None
    return True
