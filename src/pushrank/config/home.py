"""Where state lies and which files are the shipped ones, from the environment handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of everything a run makes (`PUSHRANK_HOME`), with one name for each part of it."""

    root: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Home:
        """Read `PUSHRANK_HOME`; `var` below the working directory where it is not set."""
        return cls(Path(environment.get("PUSHRANK_HOME") or "var").absolute())

    @property
    def champion(self) -> Path:
        """The bundle that is served."""
        return self.root / "champion"

    @property
    def dev_key(self) -> Path:
        """The API key that `make serve` writes."""
        return self.root / "dev-key"

    @property
    def example(self) -> Path:
        """The body of a call to try the demo with."""
        return self.root / "example.json"

    @property
    def secret_key(self) -> Path:
        """The deployment's secret where `PUSHRANK_SECRET_KEY` is not set."""
        return self.root / "secret-key"

    @property
    def former_keys(self) -> Path:
        """Secrets that were in use before, one a line, where `PUSHRANK_FORMER_KEYS` is not set."""
        return self.root / "former-keys"

    @property
    def suppression_key(self) -> Path:
        """The key of tombstones where `PUSHRANK_SUPPRESSION_KEY` is not set; it is never changed."""
        return self.root / "suppression-key"

    @property
    def ledger_heads(self) -> Path:
        """Signed heads of the consent ledger, one a line: what the chain must still contain."""
        return self.root / "ledger-heads.jsonl"

    @property
    def trained_on(self) -> Path:
        """For each model version the tokens of those it was trained with."""
        return self.root / "trained-on"

    @property
    def work(self) -> Path:
        """Scratch space of training runs."""
        return self.root / "work"

    def store_url(self, environment: Mapping[str, str]) -> str:
        """Address of the store: `PUSHRANK_STORE`, else a SQLite file in the home."""
        return environment.get("PUSHRANK_STORE") or f"sqlite:///{self.root / 'pushrank.sqlite'}"

    def tracking_uri(self, environment: Mapping[str, str]) -> str:
        """Address of MLflow: `MLFLOW_TRACKING_URI`, else a SQLite file in the home."""
        return environment.get("MLFLOW_TRACKING_URI") or f"sqlite:///{self.root / 'mlflow.sqlite'}"


def shipped(folder: str, name: str, root: Path | None = None) -> Path:
    """Path of a shipped configuration, by name (`policy`, `default`), or `name` itself where it is a YAML path."""
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    return (root or configs_root()) / folder / f"{name}.yaml"


def configs_root() -> Path:
    """The `configs` folder: beside `src` in a checkout, inside the package in a wheel or a bento."""
    here = Path(__file__).resolve()
    for base in (here.parents[1], here.parents[2], here.parents[3], Path.cwd()):
        if (base / "configs" / "policy").is_dir():
            return base / "configs"
    msg = "the folder 'configs' was found neither beside 'src' nor in the package; run from a checkout"
    raise FileNotFoundError(msg)
