from tests.uploads import hands

__all__ = ["hands"]  # fixtures
