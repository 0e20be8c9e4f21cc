"""Whatever way a text is written, it is compared, put in order and looked for as one."""

import pytest

from portal.resources.spelling import mentions, natural, plain, spellings, whole_number, words_of

IPV6, IPV4, MAC = "2a02:248:101:62::1047", "203.0.113.2", "02:00:00:02:10:04"


@pytest.mark.parametrize(
    "typed",
    [
        IPV6,
        IPV6.upper(),
        "2a02:0248:0101:0062:0000:0000:0000:1047",
        "2A02:248:101:62:0:0:0:1047",
        f"{IPV6}/64",
        f"[{IPV6}]",
        f"[{IPV6}]:443",
        f"[{IPV6}]/64",
        f"{IPV6}%eth0",
        "2a02:248:101:62::/64",
        IPV4,
        f"{IPV4}/24",
        f"{IPV4}:443",
        f"[{IPV4}]",
        f"::ffff:{IPV4}",
        "203.0.113.0/24",
        "203.0.0.0/16",
        MAC,
        MAC.upper(),
        "02-00-00-02-10-04",
        "0200.0002.1004",
        "020000021004",
        "02:10:04",
        "02-10-04",
        "021004",
        "02.1004",
    ],
)
def test_an_address_is_found_however_it_is_written(typed: str) -> None:
    assert mentions(f"srv\n{IPV6}\n{IPV4}\n{MAC}", words_of(typed))
    assert not mentions("srv\n2a02:248:101:63::1\n198.51.100.7\n02:00:00:02:10:05", words_of(typed))


@pytest.mark.parametrize(
    ("network", "found"),
    [
        ("203.0.113.0/24", ("203.0.113.0", "203.0.113.")),
        ("203.0.0.0/16", ("203.0.0.0", "203.0.")),
        ("10.0.0.0/8", ("10.0.0.0", "10.")),
        ("203.0.113.0/25", ("203.0.113.0",)),  # ends within a number
        ("2001:d00::/24", ("2001:d00::",)),
    ],
)
def test_a_network_is_found_by_what_its_addresses_begin_with(network: str, found: tuple[str, ...]) -> None:
    assert spellings(network) == (network, *found)


@pytest.mark.parametrize("word", ["shop", "12", "1.5", "10.5.2026", "24/7", "a/b", "[x]", "::", "deadbeef", "1:2", ""])
def test_any_other_word_is_itself(word: str) -> None:
    assert spellings(word)[0] == word
    assert spellings(word)[1:] == () or word == "::"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ŁÓDŹ", "łódź"),
        ("ПОЧТА", "почта"),
        ("straße", "STRASSE"),
        ("ﬁle", "file"),
        ("ＳＨＯＰ", "shop"),
        ("é", "e\u0301"),
    ],
)
def test_case_and_composition_make_no_difference(one: str, other: str) -> None:
    assert plain(one) == plain(other)
    assert mentions(plain(one), words_of(other))


@pytest.mark.parametrize(
    "names",
    [
        ["Ada", "Ängste", "Anton", "Bea"],
        ["eclair", "Éclair", "Edgar", "Zoe"],
        ["Lodz", "Łódź", "London"],
        ["Oder", "Öl", "Øre", "Ort", "Zug"],
        ["shop2", "shop10", "Shop11"],
        ["rack1aa1", "rack1b2", "rack1b10", "rack2a1"],
        ["Strasse", "Straße", "Strauß"],
    ],
)
def test_names_are_in_the_order_of_dictionaries(names: list[str]) -> None:
    mixed = names[::-1]
    mixed.sort(key=natural)
    assert mixed == names


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("007", 7), ("999999999", 999_999_999)])
def test_a_whole_number_is_read_as_addresses_have_it(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", " 1", "1.0", "1e3", "1_000", "\u0661", "\u00b2", "1000000000", "\0", "x"]
)
def test_anything_else_is_none(text: str) -> None:
    assert whole_number(text) is None
