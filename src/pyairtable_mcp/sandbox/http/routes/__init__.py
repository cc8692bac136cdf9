"""Handlers by subject: each takes a `Call` and returns the JSON to answer with."""
