"""Lessons in two languages: the package format, the check, the store of a site, the reading pages."""
