"""Taking writes back: what to send for each, given what is there now."""
