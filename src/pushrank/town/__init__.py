"""The sample town: a generator of push logs whose true probabilities are known. Synthetic, every bit of it."""

from pushrank.town.place import Town, make_town
from pushrank.town.plan import END, Plan
from pushrank.town.truth import reachable, truth_at
from pushrank.town.weeks import Weeks, live_through
from pushrank.town.weights import PLAIN, WEEKLY, WEIGHTS, Weights
from pushrank.town.writing import Summary, truth_folder, write_town

__all__ = [
    "END",
    "PLAIN",
    "WEEKLY",
    "WEIGHTS",
    "Plan",
    "Summary",
    "Town",
    "Weeks",
    "Weights",
    "live_through",
    "make_town",
    "reachable",
    "truth_at",
    "truth_folder",
    "write_town",
]
