"""The list of a bundle's files with their SHA-256: what is not on it, or differs from it, is not loaded."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

NAME = "manifest.json"
FORMAT = 1
_LARGEST_FILE = 256 << 20
_FILE_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}\.(txt|json)")


class BundleError(ValueError):
    """A bundle that must not be served; the text names the file, what was expected and what came."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a bundle."""

    sha256: str
    bytes: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`manifest.json`. `version` is the model version, given when the bundle leaves the registry."""

    format: int
    version: str | None
    files: dict[str, Entry]

    @property
    def digest(self) -> str:
        """SHA-256 over names and digests of the files; the version does not count."""
        lines = "".join(f"{name} {entry.sha256}\n" for name, entry in sorted(self.files.items()))
        return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Contents:
    """A manifest and the verified bytes of every file it lists."""

    manifest: Manifest
    files: Mapping[str, bytes]


def manifest_of(files: Mapping[str, bytes], version: str | None = None) -> Manifest:
    """Describe files by name."""
    entries = {name: Entry(hashlib.sha256(data).hexdigest(), len(data)) for name, data in sorted(files.items())}
    return Manifest(FORMAT, version, entries)


def encode(manifest: Manifest) -> bytes:
    """Write a manifest as JSON that people can read."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def read_manifest(directory: Path) -> Manifest:
    """Read `manifest.json` alone; BundleError where it is missing or not one of ours."""
    path = directory / NAME
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise BundleError(msg) from None
    except msgspec.MsgspecError as error:
        msg = f"{path}: not a manifest: {error}"
        raise BundleError(msg) from None
    if manifest.format != FORMAT:
        msg = f"{path}: format: expected {FORMAT}, got {manifest.format}"
        raise BundleError(msg)
    return manifest


def read_contents(directory: Path) -> Contents:
    """Read every file once and compare it with the manifest; BundleError names the first that differs."""
    manifest = read_manifest(directory)
    return Contents(manifest, {name: _verified(directory, name, entry) for name, entry in manifest.files.items()})


def _verified(directory: Path, name: str, entry: Entry) -> bytes:
    path = directory / name
    if not _FILE_NAME.fullmatch(name) or not 0 <= entry.bytes <= _LARGEST_FILE:
        msg = f"{directory / NAME}: files: expected a plain name and at most {_LARGEST_FILE} bytes, got {name!r}"
        raise BundleError(msg)
    try:
        with path.open("rb") as file:
            data = file.read(entry.bytes + 1)
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise BundleError(msg) from None
    digest = hashlib.sha256(data).hexdigest()
    if digest != entry.sha256:
        msg = f"{path}: SHA-256: expected {entry.sha256}, got {digest}; the file was changed or damaged"
        raise BundleError(msg)
    return data


def write_durably(path: Path, data: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(directory: Path) -> None:
    """Wait until the disk has the names in `directory`."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
