from __future__ import annotations

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pushrank.config.home import Home
from pushrank.rights.pseudonyms import (
    Pseudonyms,
    Secret,
    SecretError,
    Secrets,
    read_former,
    read_secret,
    read_suppression_key,
    rotate,
)

SECRET = Secret(b"k" * 32)


def test_a_pseudonym_is_128_bits_of_hex() -> None:
    pseudonym = Pseudonyms(SECRET).of("u-1042")
    assert re.fullmatch(r"p_[0-9a-f]{32}", pseudonym)


def test_one_user_has_one_pseudonym_and_two_users_two() -> None:
    pseudonyms = Pseudonyms(SECRET)
    assert pseudonyms.of("u-1") == Pseudonyms(Secret(b"k" * 32)).of("u-1")
    assert pseudonyms.of("u-1") != pseudonyms.of("u-2")


def test_another_key_or_another_purpose_gives_another_pseudonym() -> None:
    mine = Pseudonyms(SECRET).of("u-1")
    assert Pseudonyms(Secret(b"j" * 32)).of("u-1") != mine
    assert Pseudonyms(SECRET, "training").of("u-1") != mine


def test_a_purpose_cannot_be_shifted_into_the_text() -> None:
    assert SECRET.mac("a", "b\0c") != SECRET.mac("a\0b", "c")
    assert SECRET.mac("ab", "c") != SECRET.mac("a", "bc")


def test_the_key_id_names_the_key_and_is_not_part_of_it() -> None:
    assert re.fullmatch(r"[0-9a-f]{8}", SECRET.key_id)
    assert SECRET.key_id != Secret(b"j" * 32).key_id


def test_a_secret_never_shows_in_its_own_text() -> None:
    assert "kkkk" not in repr(Pseudonyms(SECRET))


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert read_secret({"PUSHRANK_SECRET_KEY": "e" * 40}, home).value == b"e" * 40
    assert not home.secret_key.exists()


def test_a_first_start_lays_a_private_file_that_later_starts_read(tmp_path: Path) -> None:
    home = Home(tmp_path / "new")
    first = read_secret({}, home)
    assert len(first.value) >= 32
    assert stat.S_IMODE(home.secret_key.stat().st_mode) == 0o600
    assert read_secret({}, home).value == first.value
    assert [path.name for path in home.root.iterdir()] == ["secret-key"]


def test_processes_that_start_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: read_secret({}, home).value, range(32)))
    assert len(found) == 1


def test_a_short_secret_is_refused_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match=r"PUSHRANK_SECRET_KEY: expected .* 32 bytes, got 6") as refusal:
        read_secret({"PUSHRANK_SECRET_KEY": "hunter"}, Home(tmp_path))
    assert "hunter" not in str(refusal.value)


def test_a_short_file_is_refused_by_its_path(tmp_path: Path) -> None:
    Home(tmp_path).secret_key.write_text("short")
    with pytest.raises(SecretError, match="secret-key: expected"):
        read_secret({}, Home(tmp_path))


def test_a_tombstone_depends_on_the_suppression_key_and_on_no_other() -> None:
    one = Secrets(SECRET, (), Secret(b"s" * 32))
    other = Secrets(Secret(b"j" * 32), (SECRET,), Secret(b"s" * 32))
    assert re.fullmatch(r"t_[0-9a-f]{32}", one.tomb("p_1"))
    assert one.tomb("p_1") == other.tomb("p_1") != one.tomb("p_2")
    assert Secrets(SECRET, (), Secret(b"z" * 32)).tomb("p_1") != one.tomb("p_1")


def test_the_suppression_key_is_a_secret_of_its_own(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert read_suppression_key({}, home).value != read_secret({}, home).value
    assert stat.S_IMODE(home.suppression_key.stat().st_mode) == 0o600
    assert read_suppression_key({"PUSHRANK_SUPPRESSION_KEY": "e" * 32}, home).value == b"e" * 32


def test_former_secrets_come_latest_first_from_the_environment_or_the_file(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert read_former({}, home) == ()
    home.former_keys.write_text("a" * 32 + "\n\n" + "b" * 32 + "\n", encoding="ascii")
    assert [secret.value[:1] for secret in read_former({}, home)] == [b"b", b"a"]
    told = {"PUSHRANK_FORMER_KEYS": f"{'c' * 32}, {'d' * 32}"}
    assert [secret.value[:1] for secret in read_former(told, home)] == [b"d", b"c"]
    with pytest.raises(SecretError, match="PUSHRANK_FORMER_KEYS: expected a secret of at least 32 bytes"):
        read_former({"PUSHRANK_FORMER_KEYS": "short"}, home)


def test_each_rotation_keeps_all_secrets_before_it_in_a_private_file(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first, lasting = read_secret({}, home), read_suppression_key({}, home)
    second = rotate({}, home)
    third = rotate({}, home)
    assert len({first, second, third}) == 3
    assert read_secret({}, home) == third
    assert read_former({}, home) == (second, first)
    assert read_suppression_key({}, home) == lasting
    for path in (home.secret_key, home.former_keys):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["former-keys", "secret-key", "suppression-key"]


@pytest.mark.parametrize("name", ["PUSHRANK_SECRET_KEY", "PUSHRANK_FORMER_KEYS"])
def test_what_the_environment_sets_is_not_rotated_but_told_how(tmp_path: Path, name: str) -> None:
    with pytest.raises(SecretError, match="put the old value of PUSHRANK_SECRET_KEY at the end") as refused:
        rotate({name: "k" * 32}, Home(tmp_path))
    assert "kkkk" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []
