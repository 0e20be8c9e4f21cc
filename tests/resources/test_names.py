"""What may be a name on the platform."""

from collections.abc import Callable

import pytest

from portal.resources import names
from tests.resources.wording import is_text


def takes(check: Callable[[str], str | None], text: str) -> bool:
    """Whether a check takes the text; what it says of one it does not take is a text for people."""
    wrong = check(text)
    assert wrong is None or is_text(wrong)
    return wrong is None


@pytest.mark.parametrize("text", ["s", "services", "_x", "a-b_c9", "a" * 32])
def test_rg_01_a_group_has_a_linux_group_name(text: str) -> None:
    assert takes(names.group_name, text)


@pytest.mark.parametrize(
    "text", ["", "a" * 33, "9a", "-a", ".a", "a.b", "A", "größe", "a b", " a", "a\n", "a/b", "ａ", "a:"]
)
def test_rg_01_and_no_other(text: str) -> None:
    assert not takes(names.group_name, text)


@pytest.mark.parametrize("text", ["grace.hopper", "g", "_g", "s-shop", "a-b_c.d9", "a" * 32])
def test_pm_03_a_person_or_service_user_has_a_linux_user_name_in_which_there_may_be_dots(text: str) -> None:
    assert takes(names.user_name, text)


@pytest.mark.parametrize("text", ["", "a" * 33, ".a", "9a", "-a", "Grace", "g@h", "g h", "g\n", "g/h"])
def test_pm_03_and_no_other(text: str) -> None:
    assert not takes(names.user_name, text)


@pytest.mark.parametrize("text", ["s-shop", "s-1", "s-_", "s-web.frontend", "s-a-b", "s-" + "a" * 30])
def test_su_02_a_service_users_name_begins_with_s_and_is_a_user_name(text: str) -> None:
    assert takes(names.service_user_name, text)
    assert takes(names.user_name, text)


@pytest.mark.parametrize("text", ["", "s", "s-", "shop", "S-shop", "s-Shop", "s--", "s-.", "s-" + "a" * 31, "xs-a"])
def test_su_02_and_no_other(text: str) -> None:
    assert not takes(names.service_user_name, text)


def test_su_02_what_is_wrong_is_said_for_what_it_is() -> None:
    """That it has to begin so, or what it may consist of."""
    without_prefix = {names.service_user_name(text) for text in ("", "shop", "s", "s-", "s--a", "s-.")}
    ill_formed = {names.service_user_name(text) for text in ("s-Shop", "s-" + "a" * 31)}
    assert ill_formed == {names.user_name("Grace")}
    assert len(without_prefix) == 1
    assert "s-" in str(*without_prefix)
    assert without_prefix.isdisjoint(ill_formed)


@pytest.mark.parametrize(
    "text", ["a@b.de", "ops+shop@mail.example.com", "o'hara@example.com", "grace@sub.sub.example", "ü@example.com"]
)
def test_rg_09_an_address_has_a_name_and_a_domain(text: str) -> None:
    assert takes(names.email_address, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a@",
        "@b.de",
        "a@b",
        "a@b.",
        "a@.de",
        "a@@b.de",
        "a b@c.de",
        "a@b.de, c@d.de",
        "<a@b.de>",
        "a;b@c.de",
        "a@b..de",
    ],
)
def test_rg_09_and_is_one_address(text: str) -> None:
    assert not takes(names.email_address, text)


@pytest.mark.parametrize(
    "text", ["a", "www", "www.example.com", "WWW.Example.COM", "9.example", "a-b.c", "a" * 63, ".".join(["a" * 63] * 3)]
)
def test_api_17_an_alias_is_a_host_name(text: str) -> None:
    assert takes(names.host_name, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-a",
        "a-",
        "a_b",
        "a..b",
        ".a",
        "a.",
        "a b",
        "a" * 64,
        ".".join(["a" * 63] * 4),
        "größe.de",
        "a/b",
        "ſhop",
        "\u212aelvin",
    ],
)
def test_api_17_and_no_other(text: str) -> None:
    assert not takes(names.host_name, text)


def test_each_kind_of_name_has_words_of_its_own() -> None:
    checks = (names.group_name, names.user_name, names.service_user_name, names.email_address, names.host_name)
    assert len({check("") for check in checks}) == len(checks)
