import pytest

from tests.app import app, http, hub, office, owner, world

__all__ = ["app", "http", "hub", "office", "owner", "world"]  # fixtures


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-schema", action="store_true", help="Write storage/schema.sql from the migrations."
    )
