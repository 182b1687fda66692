"""Finds the stack a command is meant for: the one that runs on a data directory, else what the environment names."""

import os
from pathlib import Path
from typing import Any

from deploy.embedded.child import StackError
from deploy.embedded.stack import read_running
from schemas.settings import Settings

DATA_DEFAULT = Path(".data")


def data_directory(named: Path | None) -> Path:
    """`--data` if given, else `CASEWIRE_DATA`, else `.data` of the working directory."""
    return (named or Path(os.environ.get("CASEWIRE_DATA") or DATA_DEFAULT)).absolute()


def running(named: Path | None) -> dict[str, Any] | None:
    """How the stack on the data directory runs, None when only the environment can say (`CASEWIRE_POSTGRES` is set).

    Raises `StackError` when nothing runs there and the environment names no servers either.
    """
    try:
        return read_running(data_directory(named))
    except StackError:
        if named is None and os.environ.get("CASEWIRE_POSTGRES"):
            return None
        raise


def settings(named: Path | None, process: str = "operator") -> Settings:
    """The settings with which a command reaches the stack, as `process` (see `deploy.embedded.stack.PROCESSES`)."""
    found = running(named)
    return Settings.read(os.environ if found is None else os.environ | found["environ"][process])
