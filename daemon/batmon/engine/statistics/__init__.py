"""Figures on the move: days counted anew when runs change, and what the gate hears of them."""
