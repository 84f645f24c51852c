"""Three sample batch programs that do real work on files of their own, for the demo and for trying BATMON out.

They know nothing of BATMON: standard library only, their own logs, exit codes 0 and 1. Each is started in a folder
of its own, as ``python -m batmon.samples.NAME``.
"""
