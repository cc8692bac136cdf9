"""Fixtures of the workflows' tests."""

from tests.support.stores import postgres, where

__all__ = ["postgres", "where"]
