"""All sentences in one table: code, then language, then variants from the fullest to the plainest."""

from __future__ import annotations

from collections.abc import Mapping

from pushrank.wording.exclusions import EXCLUSIONS
from pushrank.wording.outcomes import PASSED, SILENCES, STOPS
from pushrank.wording.reasons import REASONS
from pushrank.wording.remedies import FATES, REMEDIES

LANGUAGES = ("en", "zh")
FALLBACK = "en"

TABLE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    **SILENCES,
    **PASSED,
    **STOPS,
    **REASONS,
    **EXCLUSIONS,
    **FATES,
    **REMEDIES,
}
