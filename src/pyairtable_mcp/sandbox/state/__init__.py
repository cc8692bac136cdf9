"""The sandbox's memory: what a workspace holds, and the only way it changes."""
