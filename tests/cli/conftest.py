"""Fixtures of the stores."""

from tests.support.stores import postgres, where

__all__ = ["postgres", "where"]
