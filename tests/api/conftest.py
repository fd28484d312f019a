"""The API's world, for tests that go over every operation."""

from tests.isolation.api_place import api_place, api_world

__all__ = ["api_place", "api_world"]
