"""Durable work: changes as sagas, journaled, resumable, and taken back when they fail."""
