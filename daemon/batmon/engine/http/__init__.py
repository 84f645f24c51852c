"""The small HTTP listener for other programs, and what it answers with."""
