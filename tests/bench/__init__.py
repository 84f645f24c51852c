"""Benchmarks: ``python -m tests.bench NAME``. They print figures and never pass or fail; docs/benchmarks has the method."""
