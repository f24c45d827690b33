"""Look for words in every file below a folder, also within what is packed: gzip, zip, tar and Parquet, however deep."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

_TAR_MAGIC = slice(257, 262)


def hits(folder: Path, words: Iterable[str]) -> dict[str, list[str]]:
    """Files below a folder that hold one of the words, as they are or in hex, and which of them."""
    listed = sorted(set(words))
    forms = {form: word for word in listed for form in (word.encode(), word.encode().hex().encode())}
    pattern = re.compile(b"|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True)))
    found: dict[str, list[str]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        said = {forms[hit] for layer in layers(path.read_bytes()) for hit in pattern.findall(layer)}
        if said or (said := {word for word in listed if word in str(path.relative_to(folder))}):
            found[str(path.relative_to(folder))] = sorted(said)
    return found


def layers(held: bytes) -> Iterator[bytes]:
    """The bytes themselves, and those of everything that is packed in them."""
    yield held
    for inner in _inner(held):
        yield from layers(inner)


def _inner(held: bytes) -> Iterator[bytes]:
    if held.startswith(b"\x1f\x8b"):
        yield gzip.decompress(held)
    elif held.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(held)) as packed:
            yield " ".join(packed.namelist()).encode()
            yield from (packed.read(name) for name in packed.namelist())
    elif held[_TAR_MAGIC] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(held)) as packed_files:
            yield " ".join(packed_files.getnames()).encode()
            opened = (packed_files.extractfile(member) for member in packed_files)
            yield from (file.read() for file in opened if file is not None)
    elif held.startswith(b"PAR1") and held.endswith(b"PAR1"):
        yield from _parquet(held)
    elif held.startswith(b"\x89PNG"):
        yield from _png(held)


def _parquet(held: bytes) -> Iterator[bytes]:
    """Names, what is noted of them, and every value; bytes apart, for something may be packed in them."""
    table = pq.read_table(pa.BufferReader(held), partitioning=None)
    yield str(table.schema.to_string(show_schema_metadata=True, truncate_metadata=False)).encode()
    for column in table.columns:
        values = column.to_pylist()
        yield "\n".join(map(str, values)).encode()
        yield from (value for value in values if isinstance(value, bytes))


def _png(held: bytes) -> Iterator[bytes]:
    """What pictures say beside what they show."""
    for found in re.finditer(rb"zTXt[^\x00]{1,79}\x00\x00|iTXt[^\x00]{1,79}\x00\x01\x00[^\x00]*\x00[^\x00]*\x00", held):
        yield zlib.decompressobj().decompress(held[found.end() :])
