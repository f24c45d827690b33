"""Logs of push outcomes: files in, one normal form out, and the list of what is wrong with them."""

from pushrank.logs.schema import HEADS, LABELS, TABLES
from pushrank.logs.writing import write_batches, write_table

__all__ = ["HEADS", "LABELS", "TABLES", "write_batches", "write_table"]
