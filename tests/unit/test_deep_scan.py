from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.deep_scan import hits

WORD = "zkqv7wjr3x-word"


def zipped(held: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner", held)
    return packed.getvalue()


def tarred(held: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("inner")
        member.size = len(held)
        archive.addfile(member, io.BytesIO(held))
    return packed.getvalue()


def parquet(*, name: str = "column", value: str | bytes = "nothing") -> bytes:
    packed = io.BytesIO()
    pq.write_table(pa.table({name: [value] * 1000}), packed, compression="zstd")
    return packed.getvalue()


def test_a_word_is_found_however_deep_it_is_packed(tmp_path: Path) -> None:
    held = (WORD + " and more " * 100).encode()
    ways = {
        "plain": held,
        "hex": held.hex().encode(),
        "gz": gzip.compress(held),
        "zip": zipped(held),
        "tar": tarred(held),
        "parquet": parquet(value=WORD),
        "column": parquet(name=WORD),
        "nested": zipped(tarred(gzip.compress(parquet(value=zipped(held))))),
        WORD: b"",
    }
    for name, packed in ways.items():
        (tmp_path / name).write_bytes(packed)
    (tmp_path / "nothing").write_bytes(zipped(tarred(b"nothing at all")))
    assert hits(tmp_path, [WORD, "zkqv7wjr3x-other"]) == {name: [WORD] for name in sorted(ways)}
