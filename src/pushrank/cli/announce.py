"""`python -m pushrank.cli.announce HOST PORT`: wait until the service is ready, then print the call to try."""

from __future__ import annotations

import http.client
import os
import sys
import time

import typer

from pushrank.cli.example import curl

_SECONDS = 120


def ready(host: str, port: int) -> bool:
    """Whether the service answers that it can rank."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def announce(host: str, port: int) -> None:
    """Print the call once the service is ready; give up silently after two minutes or when the service has gone."""
    started, parent = time.monotonic(), os.getppid()
    while not ready(host, port):
        if time.monotonic() - started > _SECONDS or os.getppid() != parent:
            return
        time.sleep(0.2)
    typer.echo(f"\npushrank is ready at http://{host}:{port}. Try it:\n\n{curl(os.environ, host, port)}\n")


if __name__ == "__main__":
    announce(sys.argv[1], int(sys.argv[2]))
