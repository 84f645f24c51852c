"""What moves: reads the clock, owns the tasks, starts and stops things."""
