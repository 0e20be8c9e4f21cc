"""The platform's own sentences: the two that are always the same in the reader's language, all others as they came."""

import pytest
from django.utils import translation

from portal.ui.format import platform_messages


@pytest.mark.parametrize(
    ("sentence", "english", "german"),
    [
        (
            "Changes to the virtual hardware of shop00",
            "Changes to the virtual hardware of shop00",
            "Änderungen an der virtuellen Hardware von shop00",
        ),
        (
            "old00 is shut down for deletion",
            "old00 is shut down for deletion",
            "old00 ist zur Löschung abgeschaltet",
        ),
        ("Kernel update", "“Kernel update”", "„Kernel update“"),
        (
            "Changes to the virtual hardware of",
            "“Changes to the virtual hardware of”",
            "„Changes to the virtual hardware of“",
        ),
        ("100 %(name)s", "“100 %(name)s”", "„100 %(name)s“"),
        ("", "", ""),
    ],
)
def test_fixed_sentences_are_told_and_others_are_quoted(sentence: str, english: str, german: str) -> None:
    for language, words in (("en", english), ("de", german)):
        with translation.override(language):
            assert platform_messages.told(sentence) == words
