"""BATMON, headless: everything that watches, judges, remembers and acts. See docs/architecture.md."""

__version__ = "0.1.0"
