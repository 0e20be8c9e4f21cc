"""Billing's pages over a platform that answers whatever a test puts into it."""

from tests.customer.conftest import browse, odd_platform, platform  # noqa: F401
from tests.customer.visiting import visit  # noqa: F401
