"""`python -m deploy.verify`: the verifier by itself."""

import sys

from deploy.verify.cli import main

if __name__ == "__main__":
    sys.exit(main())
