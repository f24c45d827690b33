"""Opening a connection so that what it acknowledges is durable and no wait is endless."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import IntegrityError

from pushrank.store.errors import ConflictError, StoreError

OLDEST = 140_000
_DEFAULTS: dict[str, str | int] = {
    "application_name": "pushrank",
    "connect_timeout": 5,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_SETTINGS = """
    SET client_encoding = 'UTF8';
    SET default_transaction_isolation = 'read committed';
    SET statement_timeout = '30s';
    SET lock_timeout = '5s';
    SET idle_in_transaction_session_timeout = '30s'"""
_DURABILITY = """
    SELECT current_setting('synchronous_commit'), current_setting('fsync'), current_setting('server_encoding'),
        set_config('synchronous_commit', current_setting('synchronous_commit'), false)"""
_PHRASES = {
    "password authentication failed": "it does not accept the password",
    "no password supplied": "it wants a password",
    "pg_hba.conf": "it lets nobody in who comes from here",
    "role ": "it does not know the user",
    "database ": "there is no such database",
    "could not translate host name": "there is no such host",
    "Connection refused": "nothing listens at its address",
    "No such file": "nothing listens at its address",
    "timeout expired": "no connection within the time that was given",
    "too many clients": "it has no connection left",
    "remaining connection slots": "it has no connection left",
    "starting up": "it is starting",
    "shutting down": "it is stopping",
}


@contextmanager
def translated() -> Iterator[None]:
    """Turn what the driver raises into StoreError and ConflictError, without the values that PostgreSQL adds."""
    try:
        yield
    except IntegrityError as error:
        msg = f"the database refused a write: {error.diag.message_primary}"
        raise ConflictError(msg) from None
    except psycopg.Error as error:
        msg = f"the database did not answer: {_reason(error)}"
        raise StoreError(msg) from None


def _reason(error: psycopg.Error) -> str:
    state = error.sqlstate
    if state is None:
        # libpq's own words may repeat the address.
        known = (reason for phrase, reason in _PHRASES.items() if phrase in str(error))
        return next(known, "the connection is lost or was never made")
    return f"{error.diag.message_primary} (SQLSTATE {state})"


def connect(address: str) -> Connection:
    """Open a connection that commits statement by statement, with timeouts, after checking that commits are synced."""
    with translated():
        connection = psycopg.connect(_with_defaults(address), autocommit=True)
        try:
            _configure(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _with_defaults(address: str) -> str:
    try:
        given = conninfo_to_dict(address)
        missing: dict[str, str | int] = {name: value for name, value in _DEFAULTS.items() if name not in given}
        return make_conninfo(address, **missing)
    except psycopg.ProgrammingError:
        # What libpq says may repeat the address.
        msg = "store address: expected postgresql://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE, got something else"
        raise StoreError(msg) from None


def _configure(connection: Connection) -> None:
    if connection.info.server_version < OLDEST:
        msg = f"expected PostgreSQL {OLDEST // 10_000} or newer, got {connection.info.server_version // 10_000}"
        raise StoreError(msg)
    connection.execute(_SETTINGS)
    check_durable(connection)


def check_durable(connection: Connection) -> None:
    """Raise StoreError unless commits are synced; what was found is pinned, so that a reload can't weaken it."""
    found = connection.execute(_DURABILITY).fetchone()
    assert found is not None
    commit, fsync, encoding, _ = found
    if commit == "off" or fsync != "on":
        msg = f"expected synchronous_commit on and fsync on, got {commit} and {fsync}"
        raise StoreError(msg)
    if encoding != "UTF8":
        msg = f"expected a database in UTF8, got {encoding}"
        raise StoreError(msg)
