"""The authorization server over HTTP: pages for people, JSON for programs."""
