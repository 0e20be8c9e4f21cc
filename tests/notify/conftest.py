"""A customer of whom something can happen, over a platform that answers whatever a test puts into it."""

from tests.customer.conftest import browse, odd_platform, platform  # noqa: F401
