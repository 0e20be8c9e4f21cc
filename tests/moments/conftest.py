"""The portal in this process, its platform beside it, both at one of the moments at which tests of time are run."""

import pytest

from tests.customer.conftest import browse  # noqa: F401
from tests.support.services import Sandbox


@pytest.fixture
def platform(platform_then: Sandbox) -> Sandbox:
    """What `browse` stands on; its world begins anew at each moment."""
    return platform_then
