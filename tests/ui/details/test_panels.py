"""What no form explains is explained on the page: values that only the platform or support set."""

import pytest
from django.utils import translation
from django.utils.safestring import SafeString

from portal.resources.spec import Button, Kind, Record, Settable
from portal.resources.times import BERLIN
from portal.resources.types import TYPES
from portal.ui.details.panels import facts
from portal.ui.format.progress import Installs, progress
from portal.ui.format.values import Viewing, is_empty
from portal.ui.lists.rows import RowCache
from portal.ui.menu import Offer
from portal.ui.reader_pages import Nowhere
from tests.resources.building import NOW, group, machine


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("record", [machine(), group()], ids=lambda one: one.type.name)
def test_what_is_only_shown_is_explained_beside_it_and_nothing_else(record: Record, language: str) -> None:
    kind = TYPES[record.type.name]
    viewing = Viewing("10001", BERLIN, NOW, Nowhere())
    with translation.override(language):
        shown = {fact.label: fact.help for section in kind.sections for fact in facts(record, section, {}, viewing)}
        for field in kind.fields:
            label = translation.gettext(field.label)
            if label in shown and field.kind is not Kind.INTERFACES:
                is_explained = (
                    bool(field.help) and not is_empty(record[field.name]) and field.settable is Settable.NEVER
                )
                assert bool(shown[label]) is is_explained, field.name
                assert not is_explained or language == "en" or shown[label] != field.help


def test_a_value_that_cannot_be_read_is_said_to_be_so() -> None:
    record = machine(cores="many")
    assert "cores" in record.problems
    viewing = Viewing("10001", BERLIN, NOW, Nowhere())
    shown = [fact for section in record.type.sections for fact in facts(record, section, {}, viewing)]
    assert [fact.label for fact in shown if "unreadable" in fact.value] == ["Cores"]


def test_an_installation_of_which_nobody_knows_the_beginning_has_no_bar() -> None:
    viewing = Viewing("10001", BERLIN, NOW, Nowhere())
    assert progress(machine(creation_date="", needs_install=True), viewing, Installs(None)) == ""


def offer(**params: str) -> Offer:
    return Offer("power", Button(label="Start", icon="power", going="Starting", params=params))


def test_a_button_sends_one_parameter_at_most() -> None:
    assert offer(online="true").param == ("online", "true")
    assert offer().param == ("", "")
    with pytest.raises(ValueError, match="one parameter"):
        _ = offer(online="true", until="noon").param


def test_of_the_rows_that_are_kept_the_oldest_go() -> None:
    kept, ones = RowCache(most=1), [machine(), machine()]
    for record in ones:
        kept.put(record, "here", SafeString("<tr>"))
    assert [kept.get(record, "here") for record in ones] == [None, "<tr>"]
