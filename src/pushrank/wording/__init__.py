"""What people read about a decision, in English and Chinese, over the codes of `domain`."""

from pushrank.wording.moments import clock
from pushrank.wording.tables import LANGUAGES, TABLE
from pushrank.wording.text import text

__all__ = ["LANGUAGES", "TABLE", "clock", "text"]
