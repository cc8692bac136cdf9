"""Fixtures of the remote endpoint."""

from tests.support.stores import postgres, where

__all__ = ["postgres", "where"]
