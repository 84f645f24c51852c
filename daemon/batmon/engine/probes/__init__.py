"""Probes on the move: looked at when they are due, judged, committed and answered for."""
