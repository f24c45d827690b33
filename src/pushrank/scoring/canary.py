"""A process that may die: loads a bundle and reproduces its golden rows before the live process touches it.

`python -m pushrank.scoring.canary DIR DIGEST` exits with 0 where all is well, else says why on the last line.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from pushrank.scoring.manifest import BundleError

SECONDS = 30
_BYTES = 4 << 30
# LightGBM imports these when it finds them and the canary needs none; without them it starts in a third of the time.
_NOT_NEEDED = ("pandas", "sklearn", "dask", "matplotlib", "graphviz", "pyarrow", "polars", "datatable", "cffi")


def verify(directory: Path, digest: str) -> None:
    """Let a process of its own load `directory`, with limits on time and memory; BundleError where it fails."""
    command = [sys.executable, "-m", "pushrank.scoring.canary", str(directory), digest]
    try:
        done = subprocess.run(  # noqa: S603 - our own module with our own arguments
            command, env=_environment(), capture_output=True, timeout=SECONDS, check=False, text=True
        )
    except subprocess.TimeoutExpired:
        msg = f"{directory}: the canary process did not answer within {SECONDS} s; a model text may hang LightGBM"
        raise BundleError(msg) from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        msg = f"{directory}: the canary process ended with {done.returncode}: {lines[-1] if lines else 'no message'}"
        raise BundleError(msg)


def _environment() -> dict[str, str]:
    """Take the caller's environment, with one thread each and the place from which this package was imported."""
    source = str(Path(__file__).resolve().parents[2])
    paths = [source, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    return {**os.environ, **single, "PYTHONPATH": os.pathsep.join(paths)}


def main(directory: str, digest: str) -> None:
    """Load and check `directory`, whose files must have the digest that the caller has seen."""
    for limit, most in ((resource.RLIMIT_AS, _BYTES), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))
    sys.modules.update(dict.fromkeys(_NOT_NEEDED))  # type: ignore[arg-type]
    from pushrank.scoring import bundle  # noqa: PLC0415 - only after the limits are set

    found = bundle.verified(Path(directory))
    if found.digest != digest:
        msg = f"{directory}: digest: expected {digest}, got {found.digest}; the files changed while they were read"
        raise BundleError(msg)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except BundleError as error:
        sys.exit(str(error))
