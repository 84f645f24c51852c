"""Log files at the gate: read, searched, followed, merged, compared, kept for a time and deleted."""
