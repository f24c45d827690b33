"""The service."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from pushrank.cli.failing import failing
from pushrank.config.home import Home

SERVICE = "pushrank.service.app:PushRank"


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535, envvar="PORT", help="TCP port.")] = 3000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; put a reverse proxy in front of others.")
    ] = "127.0.0.1",
    config: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A configuration of configs/service; its default otherwise."),
    ] = None,
) -> None:
    """Serve rankings over HTTP until stopped; state lies under PUSHRANK_HOME."""
    with failing(ValueError, RuntimeError, OSError):
        environment = served_environment(os.environ, config)
    command = [sys.executable, "-m", "bentoml", "serve", SERVICE, "--host", host, "--port", str(port)]
    if Home.of(environment).example.exists():
        announcer = [sys.executable, "-m", "pushrank.cli.announce", host, str(port)]
        subprocess.Popen(announcer, env=environment)  # noqa: S603 (our own interpreter, no shell)
    sys.stdout.flush()
    # The shell takes this process over, so that signals reach it at once.
    os.execve(sys.executable, command, environment)  # noqa: S606 (our own interpreter, no shell)


def served_environment(environment: Mapping[str, str], config: Path | None) -> dict[str, str]:
    """Environment of the service's processes: absolute paths, no telemetry, a model reference exported first."""
    home = Home.of(environment)
    served = {**environment, "PUSHRANK_HOME": str(home.root), "BENTOML_DO_NOT_TRACK": "True"}
    if config is not None:
        served["PUSHRANK_CONFIG"] = str(config.absolute())
    if environment.get("PUSHRANK_MODEL"):
        served["PUSHRANK_MODEL"] = str(bundle_of(environment["PUSHRANK_MODEL"], environment).absolute())
    return served


def bundle_of(model: str, environment: Mapping[str, str]) -> Path:
    """Folder of a bundle: the reference `model` exported, a folder as it is, the champion where it is empty."""
    if model.startswith("models:/"):
        return _exported(model, environment)
    return Path(model) if model else Home.of(environment).champion


def _exported(reference: str, environment: Mapping[str, str]) -> Path:
    # MLflow takes seconds to import, and only a reference needs it.
    from pushrank.learning.tracking import open_registry  # noqa: PLC0415

    home = Home.of(environment)
    registry = open_registry(home, environment)
    version = registry.resolve(reference)
    directory = home.work / f"served-{version.number}-{version.digest[:12]}"
    return directory if directory.exists() else registry.download(version, directory)
