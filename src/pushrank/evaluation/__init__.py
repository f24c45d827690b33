"""Judging scores by what happened: metrics with intervals, the report, the predictions."""
