"""Procedures written once: definitions, their runs, and the triggers that start these."""
