"""The parts that reports are put together from: figures in, a section out. Pure."""
