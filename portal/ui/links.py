"""The addresses of a customer's pages (design.md, Fixed names), made without asking the router for each row.

tests/ui/test_addresses.py holds them against the router.
"""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

type Parameters = Iterable[tuple[str, str]]


def home(customer_no: str) -> str:
    """The customer's overview."""
    return f"/c/{quote(customer_no, safe='')}/"


def page(customer_no: str, name: str) -> str:
    """`changes/`, `people/`, `keys/`, `find/`."""
    return f"{home(customer_no)}{name}/"


def schedule(customer_no: str, parameters: Parameters = ()) -> str:
    """What will happen when, with a view and filters as its query."""
    query = urlencode(list(parameters))
    return f"{page(customer_no, 'schedule')}{'?' if query else ''}{query}"


def search(customer_no: str, text: str) -> str:
    """What mentions a text."""
    return f"{page(customer_no, 'find')}?{urlencode({'q': text})}"


def of_type(customer_no: str, type_name: str, parameters: Parameters = ()) -> str:
    """The list of a type, with filters and the like as its query."""
    query = urlencode(list(parameters))
    return f"{home(customer_no)}{type_name}/{'?' if query else ''}{query}"


def new(customer_no: str, type_name: str, parameters: Parameters = ()) -> str:
    """The form for a new one."""
    query = urlencode(list(parameters))
    return f"{home(customer_no)}{type_name}/-/new{'?' if query else ''}{query}"


def many(customer_no: str, type_name: str, parameters: Parameters = ()) -> str:
    """What is done with many of them at once."""
    query = urlencode(list(parameters))
    return f"{home(customer_no)}{type_name}/-/many{'?' if query else ''}{query}"


def record(customer_no: str, type_name: str, key: str) -> str:
    """One record's page."""
    return f"{home(customer_no)}{type_name}/{quote(key)}/"


def in_list(key: str) -> str:
    """The same as the list of its type has it: short, since it stands there many times."""
    return f"{quote(key)}/"


def action(customer_no: str, type_name: str, key: str, name: str) -> str:
    """`edit`, `delete`, or one of the type's actions."""
    return f"{record(customer_no, type_name, key)}-/{name}"


def change(customer_no: str, number: int) -> str:
    """One change's page."""
    return f"{page(customer_no, 'changes')}{number}/"


def plan(customer_no: str, number: int) -> str:
    """One plan's page."""
    return f"{page(customer_no, 'plans')}{number}/"


def paper(customer_no: str, kind: str, month: str) -> str:
    """A month's invoice or consumption as a document for printing."""
    return f"{page(customer_no, 'paper')}{kind}/{quote(month, safe='')}/"
