"""Exceptions that nobody caught are told by the server's own loggers, and without their texts."""

from __future__ import annotations

import asyncio
import gc
import io
import logging
from collections.abc import Iterator

import pytest

from pushrank.service import log


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the loggers of the server write down."""
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    loggers = [logging.getLogger(name) for name in ("uvicorn.error", "asyncio")]
    for logger in loggers:
        logger.addHandler(handler)
    log.keep_texts_out()
    yield told
    for logger in loggers:
        logger.removeHandler(handler)


def broken() -> None:
    msg = "u-secret must not be told"
    raise ValueError(msg)


def test_an_exception_of_the_application_is_told_by_its_kind_and_place(written: io.StringIO) -> None:
    try:
        broken()
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    assert "ValueError" in written.getvalue()
    assert "test_service_log.py" in written.getvalue()
    assert "secret" not in written.getvalue()


def test_a_task_that_nobody_waited_for_is_told_without_its_text(written: io.StringIO) -> None:

    async def alone() -> None:
        task = asyncio.create_task(asyncio.to_thread(broken))
        await asyncio.wait([task])

    asyncio.run(alone())
    gc.collect()
    assert "ValueError" in written.getvalue()
    assert "secret" not in written.getvalue()


def test_what_is_no_exception_is_told_as_it_is(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("Invalid %s request received.", "HTTP")
    assert written.getvalue() == "Invalid HTTP request received.\n"
