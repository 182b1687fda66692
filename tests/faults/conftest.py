from tests.stories.conftest import house, live_url, running

__all__ = ["house", "live_url", "running"]  # fixtures
