"""`casewire`, whose processes reach their servers by detours: through the lines of a test.

The environment names them as JSON in `DETOURS`: a process's name to the settings that it gets instead.
"""

import json
import os

from deploy import cli, up
from deploy.embedded.stack import Stack

NAME = "DETOURS"


class Detoured(Stack):
    def settings(self, process: str) -> dict[str, str]:
        return super().settings(process) | json.loads(os.environ[NAME]).get(process, {})


if __name__ == "__main__":
    up.Stack = Detoured
    cli.main()
