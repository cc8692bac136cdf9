"""Runs of workflows: what becomes of a cause, how it is begun, and what follows its end."""
