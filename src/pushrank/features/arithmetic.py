"""Exponentials and logarithms whose bits do not depend on the batch.

numpy picks other code for short and strided arrays, and its results differ in the last bit from `math`. A service that
scores one user must equal a batch that scores millions, so both walk the same compiled loop.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from pushrank.features.compiled import compiled

Floats = npt.NDArray[np.float64]


@compiled
def exp(x: Floats) -> Floats:
    """E to the power of each element."""
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = math.exp(x[i])
    return out


@compiled
def log(x: Floats) -> Floats:
    """Natural logarithm of each element; elements must be positive."""
    out = np.empty_like(x)
    for i in range(x.size):
        out[i] = math.log(x[i])
    return out


@compiled
def expit(x: Floats) -> Floats:
    """1 / (1 + e^-x) of each element, without overflow on either side."""
    out = np.empty_like(x)
    for i in range(x.size):
        if x[i] >= 0.0:
            out[i] = 1.0 / (1.0 + math.exp(-x[i]))
        else:
            grown = math.exp(x[i])
            out[i] = grown / (1.0 + grown)
    return out


@compiled
def logit(p: Floats) -> Floats:
    """log(p / (1 - p)) of each element; elements must lie strictly between 0 and 1."""
    out = np.empty_like(p)
    for i in range(p.size):
        out[i] = math.log(p[i] / (1.0 - p[i]))
    return out
