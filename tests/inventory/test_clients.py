"""Whether a new key works, asked of a platform that answers anything."""

import pytest

from portal.inventory.platform import clients
from tests.inventory.conftest import SECRET, group
from tests.inventory.platform import Platform


def test_a_key_that_works_for_another_group_is_told_so(platform: Platform) -> None:
    platform.records["services", "resourcegroup"] = [group("example")]
    with pytest.raises(clients.KeyProblem) as caught:
        clients.check_key("services", SECRET)
    assert (caught.value.reason, caught.value.text) == ("other_group", "services")
