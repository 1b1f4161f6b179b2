"""`python -m oracle.cli` is the command `fork-oracle`."""

import sys

from oracle.cli import main

sys.exit(main())
