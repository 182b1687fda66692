import os

from tests.app import app, http, hub, office, owner, world
from tests.uploads import files, hands, reader

__all__ = ["app", "files", "hands", "http", "hub", "office", "owner", "reader", "world"]  # fixtures

# Against a Vault or OpenBao that runs, for whoever names its program: storage/keys/README.md.
collect_ignore = [] if os.environ.get("CASEWIRE_TEST_VAULT") else ["test_vault_served.py"]
