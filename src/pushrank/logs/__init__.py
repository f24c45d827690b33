"""Logs of push outcomes: files in, one normal form out, and the list of what is wrong with them."""

from pushrank.logs.columns import ColumnMap, TableMap, load_columns
from pushrank.logs.faults import Fault, LogError, Severity
from pushrank.logs.log import Log, open_log
from pushrank.logs.schema import HEADS, LABELS, TABLES
from pushrank.logs.validation import validate
from pushrank.logs.writing import write_batches, write_table

__all__ = [
    "HEADS",
    "LABELS",
    "TABLES",
    "ColumnMap",
    "Fault",
    "Log",
    "LogError",
    "Severity",
    "TableMap",
    "load_columns",
    "open_log",
    "validate",
    "write_batches",
    "write_table",
]
