"""The Luban Workshop Companion: a Flask application over the `sync` package."""
