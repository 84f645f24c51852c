"""config.toml, environment and flags -> one frozen ``Config``, or every problem at once with its file, line and key."""

from batmon.config.load import ENVIRONMENT, find_config, load, prepare_folders
from batmon.config.settings import Config, Demo, SshConfig
from batmon.errors import ConfigError, Problem

__all__ = [
    "ENVIRONMENT",
    "Config",
    "ConfigError",
    "Demo",
    "Problem",
    "SshConfig",
    "find_config",
    "load",
    "prepare_folders",
]
