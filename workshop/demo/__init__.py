"""The demonstration: one invented year that adds up to the figures of a published report. Nothing here is used by a real site."""
