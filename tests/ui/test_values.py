"""Values in words without markup."""

import pytest

from portal.resources.types import TYPES
from portal.ui.values import text


@pytest.mark.parametrize(
    ("deletion", "words"),
    [
        ({"deadline": "2031-01-31", "stages": ["prepare"]}, "31 Jan 2031"),
        ({"deadline": "2031-01-31T00:00:00+01:00", "stages": []}, "31 Jan 2031"),
        ({"deadline": "", "stages": []}, "none"),
        ({}, "none"),
        (None, "none"),
    ],
)
def test_a_planned_deletion_is_its_day(deletion: dict[str, object] | None, words: str) -> None:
    assert text(TYPES["virtualmachine"].field("deletion"), deletion) == words
