"""Draw `deploy/pictures/wire.svg` from `deploy/bench/reports`; with `--check` say whether it is what they give."""

import sys

from deploy.bench.picture.draw import PICTURE, drawn

if __name__ == "__main__":
    if "--check" not in sys.argv[1:]:
        PICTURE.write_text(drawn())
    elif PICTURE.read_text() != drawn():
        sys.exit(f"{PICTURE.name} is not what the reports give; draw it: python -m deploy.bench.picture")
