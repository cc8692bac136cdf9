"""Steering a running sandbox: what a test may do to it that no client of Airtable can."""
