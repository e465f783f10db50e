"""The command by `python -m flows.cli`."""

import sys

from flows.cli.main import app

if __name__ == "__main__":
    sys.exit(app())
