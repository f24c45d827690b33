"""The command `pushrank`: thin doors over the house."""

from pushrank.cli.main import app

__all__ = ["app"]
