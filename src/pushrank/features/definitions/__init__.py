"""The features: one pure function each. Its name is the feature's name, its parameters are the raw columns it reads.

Only sums, products, quotients and comparisons, whose results do not depend on whether a column is one number for the
whole request or a vector over candidates. Rates of few observations are pulled to the base rate of the training log.
"""

from pushrank.features.definitions import message, pair, user
from pushrank.features.definitions.table import FEATURES, PLAIN, Column

__all__ = ["FEATURES", "PLAIN", "Column", "message", "pair", "user"]
