"""Keeping a workspace beyond the moment: its parts as JSON, snapshots of it, and the file it survives in."""
