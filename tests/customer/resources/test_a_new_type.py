"""A resource type is its description and a right: what CONTRIBUTING.md says of a new one, done with a made-up one."""

from typing import Any

import pytest

from portal.accounts.roles import RIGHTS, Role, Verb
from portal.changes.models import Change
from portal.resources.labels import mark as _
from portal.resources.spec import Field, Kind, ResourceType, Section, Settable
from portal.resources.types import TYPES
from tests.customer.asking import save
from tests.customer.conftest import Browse, text_of
from tests.inventory.platform import Platform

VOLUME = ResourceType(
    name="volume",
    label=_("Volume"),
    plural=_("Volumes"),
    icon="stack-2",
    key=("name",),
    sections=(Section(name="main", label=_("Volume"), icon="stack-2"),),
    fields=(
        Field(name="name", label=_("Name"), settable=Settable.AT_CREATION, required=True, max_length=20),
        Field(
            name="resource_group",
            label=_("Resource group"),
            settable=Settable.AT_CREATION,
            required=True,
            filterable=True,
            refers_to="resourcegroup",
        ),
        Field(name="size", label=_("Size"), kind=Kind.INTEGER, settable=Settable.ALWAYS, default=10),
    ),
    columns=("name", "resource_group", "size"),
    card=("resource_group", "size"),
    sort="name",
    search=("name",),
    creatable=True,
    editable=True,
    deletable=True,
)
RECORDS = [
    {"name": "attic", "resource_group": "shop", "size": 20},
    {"name": "cellar", "resource_group": "shop", "size": 300},
]
LIST = "/c/10001/volume/"


@pytest.fixture
def volumes(odd_platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """The type is there, operators may change it, and the platform has two of them."""
    monkeypatch.setitem(TYPES, "volume", VOLUME)
    for role in (Role.MANAGER, Role.OPERATOR):
        monkeypatch.setitem(RIGHTS[role], "volume", frozenset(Verb))  # type: ignore[call-overload]
    odd_platform.records["services", "resourcegroup"] = [
        {"name": "services", "parent": None},
        {"name": "shop", "parent": "services"},
    ]
    odd_platform.records["services", "volume"] = RECORDS
    return odd_platform


@pytest.mark.usefixtures("volumes")
def test_it_is_listed_put_in_order_found_and_taken_along(browse: Browse) -> None:
    client = browse("operator")
    listed = text_of(client.get(LIST))
    assert "Volumes" in listed
    assert listed.index("attic") < listed.index("cellar")
    backwards = text_of(client.get(LIST, {"sort": "-size"}))
    assert backwards.index("cellar") < backwards.index("attic")
    found = text_of(client.get(LIST, {"q": "att"}))
    assert "attic" in found
    assert "cellar" not in found
    assert "cellar" not in text_of(client.get(LIST, {"resource_group": "elsewhere"}))
    sheet = b"".join(client.get(LIST, {"format": "csv"})).decode()
    assert "attic,shop,20" in sheet


@pytest.mark.usefixtures("volumes")
def test_it_has_a_page_and_stands_in_the_navigation(browse: Browse) -> None:
    page = text_of(browse("operator").get(f"{LIST}cellar/"))
    assert "cellar" in page
    assert "300" in page
    assert "Volumes" in text_of(browse("operator").get("/c/10001/"))


@pytest.mark.usefixtures("volumes")
@pytest.mark.parametrize(
    ("form", "values"),
    [
        ("volume/-/new", {"name": "loft", "resource_group": "shop", "size": "30"}),
        ("volume/cellar/-/edit", {"size": "400"}),
        ("volume/cellar/-/delete", {"name": "cellar"}),
    ],
)
def test_it_is_created_edited_and_deleted_by_changes(browse: Browse, form: str, values: dict[str, Any]) -> None:
    answer = save(browse("operator"), f"/c/10001/{form}", **values)
    assert answer.status_code == 302
    (item,) = Change.objects.get().items.all()
    assert (item.type_name, item.key) == ("volume", values.get("name", "cellar"))


@pytest.mark.usefixtures("volumes")
def test_who_has_no_right_to_it_does_not_see_it(browse: Browse) -> None:
    assert browse("viewer").get(LIST).status_code == 403
    assert "Volumes" not in text_of(browse("viewer").get("/c/10001/"))
