"""Benchmarks: ``python -m tests.bench NAME``. Figures, never a pass or a fail; docs/benchmarks has the method."""
