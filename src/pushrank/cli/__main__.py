"""`python -m pushrank.cli` is `pushrank`."""

from pushrank.cli.main import app

app()
