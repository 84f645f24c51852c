"""Packs that are shipped: duties as configuration, SQL and templates, without a line of Python of their own."""
