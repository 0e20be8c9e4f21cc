"""What no form explains is explained on the page: values that only the platform or support set."""

import pytest
from django.utils import translation

from portal.resources.spec import Kind, Record, Settable
from portal.resources.times import BERLIN
from portal.resources.types import TYPES
from portal.ui.pages import Nowhere
from portal.ui.panels import facts
from portal.ui.values import Viewing, is_empty
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
