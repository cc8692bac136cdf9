"""The sandbox in tests of other people's code: served in the background, filled in a few words."""
