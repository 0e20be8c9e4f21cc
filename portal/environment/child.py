"""The environment of a process that this one starts."""

import os


def with_settings(**settings: str) -> dict[str, str]:
    """As this one's, with these otherwise, wherever they come from here (NAME or NAME_FILE)."""
    given_otherwise = {*settings, *(f"{name}_FILE" for name in settings)}
    return {name: value for name, value in os.environ.items() if name not in given_otherwise} | settings
