"""Files of programs taken apart to be looked at. Hostile ones too: in a process of its own, bounded in time and memory.

``python -m batmon.previews REQUEST`` reads the file on standard input, which must be a regular one, and prints one JSON
object. Imports nothing of BATMON, so that the process starts in some 30 ms.
"""
