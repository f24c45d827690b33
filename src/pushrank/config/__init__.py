"""YAML files as frozen types; an unknown key stops the start and names the nearest known one."""

from pushrank.config.loading import ConfigError, load
from pushrank.config.service import PrivacyConfig, ServiceConfig
from pushrank.config.types import (
    Category,
    EvaluationConfig,
    PolicyConfig,
    PurposeSpec,
    TrainingConfig,
)

__all__ = [
    "Category",
    "ConfigError",
    "EvaluationConfig",
    "PolicyConfig",
    "PrivacyConfig",
    "PurposeSpec",
    "ServiceConfig",
    "TrainingConfig",
    "load",
]
