import sys

from deploy.verify.cli import main

if __name__ == "__main__":
    sys.exit(main())
