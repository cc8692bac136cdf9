"""The only way out of the process: HTTP, quota pacing, resending."""
