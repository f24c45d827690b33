"""The closed loop: the town lives on after its log under another sender, hour by hour, and reacts to what it sends."""

from pushrank.town.loop.asks import Setting
from pushrank.town.loop.outcome import Result, read_result, write_result
from pushrank.town.loop.past import Past, past_of
from pushrank.town.loop.ranked import RefusedEventError, SentAfterLeavingError, live_on_ranked
from pushrank.town.loop.unranked import live_on_unranked

__all__ = [
    "Past",
    "RefusedEventError",
    "Result",
    "SentAfterLeavingError",
    "Setting",
    "live_on_ranked",
    "live_on_unranked",
    "past_of",
    "read_result",
    "write_result",
]
