"""Logging: standard error only, because standard output belongs to the protocol on stdio."""

import logging
import sys
from typing import Final

FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def log_to_stderr(level: str) -> None:
    """Send every record of `level` and above to standard error, replacing earlier handlers."""
    logging.basicConfig(stream=sys.stderr, level=level, format=FORMAT, force=True)
