"""What the numbers mean: periods, durations, rates. Pure; ``docs/metrics.md`` says the same in words."""
