"""A change as the call of the platform's API that it is, for people who would rather write a script."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pprint import pformat
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings


def as_python(records: Iterable[Mapping[str, Any]], group: str) -> str:
    """Python that sends the records with the key of that group."""
    url = urlsplit(settings.API_URL)
    address = f"{url.scheme}://{group or 'GROUP'}:KEY@{url.netloc.rpartition('@')[2]}{url.path}"
    body = "\n".join(_record(record) for record in records)
    return f'from xmlrpc.client import ServerProxy\n\nplatform = ServerProxy("{address}")\nplatform.apply([\n{body}\n])'


def as_json(records: Iterable[Mapping[str, Any]]) -> str:
    """The same records as JSON, for tools."""
    return json.dumps(list(records), indent=2, ensure_ascii=False)


def _record(record: Mapping[str, Any]) -> str:
    lines = [f"        {name!r}: {_value(value)}," for name, value in record.items()]
    return "\n".join(["    {", *lines, "    },"])


def _value(value: Any) -> str:
    """A value as Python writes it; a long list over several lines."""
    text = pformat(list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value, width=90)
    return text.replace("\n", "\n        ")
