"""Measures what the server costs: tokens in a model's context, time to start, time per call."""
