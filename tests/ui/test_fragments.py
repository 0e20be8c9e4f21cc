"""Parts of pages that are kept: what they show is always what would be rendered now."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.template import Context, Template, VariableDoesNotExist
from django.test import override_settings
from django.utils import timezone, translation

from portal.ui import fragments


class Counter:
    """How often a template has asked."""

    def __init__(self) -> None:
        self.count = 0

    def __str__(self) -> str:
        self.count += 1
        return f"asked {self.count}"


@pytest.fixture(autouse=True)
def _kept_without_looking_again() -> Iterator[None]:
    with override_settings(CHECK_FRAGMENTS=False):
        yield


def rendered(source: str, **context: Any) -> str:
    return Template("{% load ui i18n %}" + source).render(Context(context))


PART = '{% fragment "part" version %}{{ asked }}{% endfragment %}'


def test_a_part_is_rendered_once_for_a_version() -> None:
    asked = Counter()
    assert [rendered(PART, version=1, asked=asked) for _time in range(3)] == ["asked 1"] * 3
    assert rendered(PART, version=2, asked=asked) == "asked 2"


def test_another_name_is_another_part() -> None:
    assert rendered(PART, version=1, asked="one") == "one"
    assert rendered(PART.replace('"part"', '"other"'), version=1, asked="two") == "two"


def test_a_part_is_another_in_each_language_and_time_zone() -> None:
    source = '{% fragment "part" version %}{% trans "Sign out" %}{% endfragment %}'
    assert rendered(source, version=1) == "Sign out"
    with translation.override("de"):
        assert rendered(source, version=1) == "Abmelden"
    with timezone.override("America/New_York"):
        assert rendered(PART, version=2, asked="there") == "there"
    assert rendered(PART, version=2, asked="here") == "here"


def test_what_is_another_each_time_is_not_kept() -> None:
    asked = Counter()
    assert [rendered(PART, version=None, asked=asked) for _time in range(2)] == ["asked 1", "asked 2"]


def test_a_key_that_is_not_there_is_an_error() -> None:
    with pytest.raises(VariableDoesNotExist):
        rendered(PART, asked="")


def test_each_form_has_the_token_of_its_own_answer() -> None:
    source = '{% fragment "form" version %}<form>{% csrf_token %}</form><form>{% csrf_token %}</form>{% endfragment %}'
    for token in ("first", "second"):
        assert rendered(source, version=1, csrf_token=token).count(f'value="{token}"') == 2
    assert "csrfmiddlewaretoken" in rendered(source, version=1, csrf_token="third")


def test_what_is_live_is_rendered_for_each_answer() -> None:
    source = '{% fragment "part" version %}{{ kept }}<{% live %}{{ now }}{% endlive %}>{{ kept }}{% endfragment %}'
    assert rendered(source, version=1, kept="a", now="1") == "a<1>a"
    assert rendered(source, version=1, kept="b", now="2") == "a<2>a"
    assert rendered("{% live %}{{ now }}{% endlive %}", now="3") == "3"


def test_a_part_within_a_part_leaves_open_what_is_live() -> None:
    inner = '{% fragment "inner" version %}{% live %}{{ now }}{% endlive %}{% csrf_token %}{% endfragment %}'
    source = '{% fragment "outer" version %}' + inner + inner + "{% endfragment %}"
    for now in ("1", "2"):
        html = rendered(source, version=1, now=now, csrf_token=f"token {now}")
        assert html.count(f'{now}<input type="hidden" name="csrfmiddlewaretoken" value="token {now}">') == 2


def test_what_is_live_may_stand_there_twice_or_be_left_out() -> None:
    box = '{% panel "Box" %}{% live %}{{ now }}{% endlive %}{% endpanel %}'
    source = '{% fragment "part" version %}' + box + "{% endfragment %}"
    assert "now 1" in rendered(source, version=1, now="now 1")
    assert "now 2" in rendered(source, version=1, now="now 2")


def test_with_checks_on_a_part_that_would_be_another_now_fails() -> None:
    with override_settings(CHECK_FRAGMENTS=True):
        rendered(PART, version=1, asked="before")
        assert rendered(PART, version=1, asked="before") == "before"
        with pytest.raises(fragments.Stale, match=r"before.*after"):
            rendered(PART, version=1, asked="after")


@pytest.mark.parametrize("secret", ["0123456789abcdef", "12", "9f", "e5"])
def test_what_is_left_open_is_found_whatever_it_is_marked_by(secret: str) -> None:
    marks = fragments.Marks(secret)
    html = f"a{marks.mark(0)}b{marks.mark(12)}c"
    assert marks.split(html) == ["a", "0", "b", "12", "c"]
