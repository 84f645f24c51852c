"""Reports on the move: asked for, gathered, made in a child, kept, mailed, scheduled, and answered for at the gate."""
