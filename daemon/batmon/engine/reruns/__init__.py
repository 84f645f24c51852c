"""Re-runs: programs started by the daemon, noted on the disk, and whole process trees ended."""
