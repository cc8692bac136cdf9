"""Fixtures of who may come in."""

from tests.support.stores import postgres, where

__all__ = ["postgres", "where"]
