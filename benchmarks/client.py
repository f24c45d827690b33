"""A caller in a process of its own: some keep-alive connections, each asking again as soon as it is answered.

    python -m benchmarks.client --port 3000 --path /v1/rank --bodies var/bench/bodies.jsonl --key KEY

Raw HTTP/1.1 over asyncio streams, so that it takes little of the machine beside the service that it asks. Prints one
line of JSON: what `Answered` has.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from time import perf_counter, process_time
from typing import Annotated

import msgspec
import numpy as np
import typer

HOST = "127.0.0.1"
KEY_VARIABLE = "BENCH_KEY"


@dataclass(frozen=True, slots=True)
class Answered:
    """What a closed loop saw: answers, those that were not 200, seconds, milliseconds, its own share of one core."""

    answers: int
    failures: int
    seconds: float
    per_second: float
    p50_ms: float
    p99_ms: float
    client_share: float


@dataclass(frozen=True, slots=True)
class Loop:
    """A closed loop: `bodies` are sent round and round until `requests` are answered or `seconds` have passed."""

    port: int
    path: str
    bodies: list[bytes]
    key: str
    connections: int
    requests: int
    seconds: float

    def framed(self) -> list[bytes]:
        """Whole requests, ready to be written."""
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {HOST}:{self.port}\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.key}\r\nConnection: keep-alive\r\n"
        )
        return [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in self.bodies]


async def ask(loop: Loop) -> Answered:
    """Run a closed loop to its end."""
    latencies: list[float] = []
    failures: list[int] = []
    turns, requests = count(), loop.framed()
    deadline = perf_counter() + loop.seconds
    spent, begun = process_time(), perf_counter()

    def places() -> Iterator[int]:
        while (turn := next(turns)) < loop.requests and perf_counter() < deadline:
            yield turn % len(requests)

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(HOST, loop.port)
        for place in places():
            started = perf_counter()
            writer.write(requests[place])
            status = await _answer(reader)
            latencies.append(perf_counter() - started)
            if status != 200:
                failures.append(status)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(connection() for _ in range(loop.connections)))
    seconds, own = perf_counter() - begun, process_time() - spent
    p50, p99 = np.percentile(latencies, (50, 99)) * 1000
    answers = len(latencies)
    return Answered(
        answers, len(failures), seconds, (answers - len(failures)) / seconds, float(p50), float(p99), own / seconds
    )


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one answer whole; gives its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    _, _, length = head.partition(b"content-length:")
    await reader.readexactly(int(length.split(b"\r\n", 1)[0]))
    return int(head[9:12])


def main(
    port: Annotated[int, typer.Option(help="TCP port of the service, on loopback.")],
    path: Annotated[str, typer.Option(help="Path that is called.")],
    bodies: Annotated[Path, typer.Option(help="One JSON body a line.")],
    connections: Annotated[int, typer.Option(help="Connections that are open at once.")] = 8,
    requests: Annotated[int, typer.Option(help="Requests after which it ends.")] = 1000,
    seconds: Annotated[float, typer.Option(help="Seconds after which it ends.")] = 10.0,
) -> None:
    """Ask and tell what the answers took. The API key is read from the environment, where other users cannot see it."""
    gc.disable()
    sent = bodies.read_bytes().splitlines()
    loop = Loop(port, path, sent, os.environ.get(KEY_VARIABLE, ""), connections, requests, seconds)
    print(msgspec.json.encode(asyncio.run(ask(loop))).decode())


if __name__ == "__main__":
    typer.run(main)
