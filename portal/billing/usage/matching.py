"""Which item of an invoice is which: against the month before, and against what was consumed.

The platform names items in free text, and no identifier ties them to anything. What stands before a colon or a times
sign is taken for the name; an item is about a thing consumed in that month where its name mentions exactly one.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from portal.resources.spec import Record

_WORDS = re.compile(r"[\w.-]+")
_END_OF_NAME = re.compile(r":| × ")


def name_of(description: str) -> str:
    """shop01, of "shop01: 2 cores, 4096 MiB"."""
    return _END_OF_NAME.split(description, maxsplit=1)[0].strip()


class Things:
    """What was consumed in a month, by the names that an item may give it."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._by_name: dict[str, dict[str, Record]] = {}
        for record in records:
            for name in (str(record["type_id"]), *_described(record["parameters"])):
                self._by_name.setdefault(name, {})[record.key] = record

    def of(self, description: str, product: str) -> Record | None:
        """The one thing that the item is about; None where that cannot be told."""
        name = name_of(description)
        found = dict(self._by_name.get(name, {}))
        for word in () if found else _WORDS.findall(name):
            found |= self._by_name.get(word, {})
        records = list(found.values())
        if len(records) > 1:  # a group and a machine may have one name: then the product tells
            is_traffic = "TRAFFIC" in product.upper()
            records = [record for record in records if (record["type"] == "traffic") == is_traffic]
        return records[0] if len(records) == 1 else None


def _described(parameters: Any) -> list[str]:
    text = parameters.get("description") if isinstance(parameters, Mapping) else None
    return [text] if isinstance(text, str) and text else []
