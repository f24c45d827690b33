"""What the user allows, refused or never allowed."""

from __future__ import annotations

from collections.abc import Mapping

from pushrank.config.types import PolicyConfig
from pushrank.domain.codes import ExclusionCode, Purpose
from pushrank.domain.decision import Exclusion
from pushrank.domain.instants import Instant
from pushrank.domain.message import lineage
from pushrank.domain.user import Consent, Preferences
from pushrank.policy.ask import NO_VERSIONS, Ask, Checked, Constraint, Rows, UserWide


class NotReachable(UserWide):
    """Removes everything where no push can arrive: token dead, app removed, permission revoked."""

    code = ExclusionCode.NOT_REACHABLE
    permission = True

    def forbids(self, ask: Ask) -> bool:
        """Whether the user's device can't be reached."""
        return not ask.record.reachable


class OptedOut(UserWide):
    """Removes everything where the user ended the channel."""

    code = ExclusionCode.OPTED_OUT
    permission = True

    def forbids(self, ask: Ask) -> bool:
        """Whether the user wants no pushes at all, or was erased."""
        return not ask.record.preferences.push or ask.record.erased


class Muted(UserWide):
    """Removes everything while the user's pause lasts."""

    code = ExclusionCode.MUTED
    permission = True

    def forbids(self, ask: Ask) -> bool:
        """Whether the pause has not ended yet."""
        muted_until = ask.record.preferences.muted_until
        return muted_until is not None and ask.as_of < muted_until

    def until(self, ask: Ask) -> Instant | None:
        """Give the end of the pause."""
        return ask.record.preferences.muted_until


class CategoryOff(Constraint):
    """Removes messages of a category that the user turned off, or never turned on where the tree's default is off."""

    code = ExclusionCode.CATEGORY_OFF
    permission = True

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Ask once for each category among the candidates."""
        off = {category for category in {row.message.category for row in rows} if not _wanted(ask, category)}
        if not off:
            return rows, ()
        gone = [row.message for row in rows if row.message.category in off]
        kept = [row for row in rows if row.message.category not in off]
        return kept, [Exclusion(one.message_id, self.code, about=_turned_off(ask, one.category)) for one in gone]


def _wanted(ask: Ask, category: str) -> bool:
    said = ask.record.preferences.categories
    if said and ("*" in said or any(name in said for name in lineage(category))):
        return ask.record.preferences.wants(category)
    return ask.tree.default(category)


def _turned_off(ask: Ask, category: str) -> str:
    """The category that the user's own word names, else the message's own."""
    said = ask.record.preferences.categories
    return next((name for name in lineage(category) if name in said), category)


class Objected(Constraint):
    """Removes marketing where the user objected to it."""

    code = ExclusionCode.OBJECTED
    permission = True

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Look at purposes only where there is an objection."""
        if not ask.record.preferences.objected:
            return rows, ()
        purpose_of = ask.tree.purpose_of
        return self.without(rows, {id(row): None for row in rows if purpose_of(row.message) is Purpose.MARKETING})


class NoConsent(Constraint):
    """Removes messages whose purpose the user refused, or never agreed to where the policy needs a yes first."""

    code = ExclusionCode.NO_CONSENT
    permission = True

    def check(self, ask: Ask, rows: Rows) -> Checked:
        """Decide once for each purpose."""
        said = ask.record.preferences
        refused = {purpose for purpose in Purpose if not granted(said, ask.config, purpose, ask.versions)}
        if not refused:
            return rows, ()
        purpose_of = ask.tree.purpose_of
        return self.without(rows, {id(row): None for row in rows if purpose_of(row.message) in refused})


def granted(
    preferences: Preferences, config: PolicyConfig, purpose: Purpose, versions: Mapping[Purpose, str] = NO_VERSIONS
) -> bool:
    """Whether the user agreed to a purpose as it stands, or said nothing of it where the policy needs no yes.

    A yes to another version than that of `versions` says nothing of the purpose as it stands; a no holds whatever its
    version. A purpose that `versions` leaves out is not compared.
    """
    consent = preferences.consents.get(purpose)
    if consent is None or (consent.granted and _of_another(consent, versions.get(purpose))):
        return config.default_consents.get(purpose, False)
    return consent.granted


def _of_another(consent: Consent, version: str | None) -> bool:
    return version is not None and consent.policy_version != version
