"""``python -m batmon``."""

import sys

from batmon.cli import main

if __name__ == "__main__":
    sys.exit(main())
