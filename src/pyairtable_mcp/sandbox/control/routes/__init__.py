"""Handlers of the control API by subject: each takes the `Control` and what is asked, and returns JSON."""
