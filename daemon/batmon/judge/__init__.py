"""What should be true of a program, and is it? No I/O and no clock: ``now`` comes in."""
