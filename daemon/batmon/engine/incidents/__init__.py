"""Incidents on the move: verdicts weighed, deadlines kept, messages gathered, and what the gate hears of them."""
