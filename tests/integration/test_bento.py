"""`bentoml build` packs a service that starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.small_service import ROOT, bentoml_environment, running_service


@pytest.mark.slow
def test_a_built_bento_holds_code_and_configuration_and_serves(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bentoml", "build", "--version", "test"]
    built = subprocess.run(
        command, cwd=ROOT, env=bentoml_environment(tmp_path), capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    packed = tmp_path / "bentoml" / "bentos" / "pushrank" / "test" / "src"
    assert (packed / "pushrank" / "service" / "app.py").exists()
    assert (packed / "configs" / "policy" / "default.yaml").exists()
    assert not list(packed.rglob("*.pyc"))
    with running_service(tmp_path, "pushrank:test", PYTHONPATH=str(packed)) as service:
        assert service.call("GET", "/livez").status_code == 200
        assert service.call.rank(mode="look")["silence"] == "no_candidates"
