"""What the platform answers when it cannot do what was asked: XML-RPC faults with a code of their own."""

INVALID = 1  # shape, type, key, value
FORBIDDEN = 2
RESOURCE_LIMIT = 3
CREDIT_LIMIT = 4
CONTRADICTION = 5  # with what is there


class Fault(Exception):
    """One refused call. `code` is one of the constants above, `text` is for people."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Refused(Exception):
    """One refused key of one record; the dispatcher adds type and primary key and makes it a `Fault`."""

    def __init__(self, key: str, reason: str, code: int = INVALID) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason
        self.code = code


def shown(value: object) -> str:
    """A value as it may stand in a fault: short and printable, whatever the client sent."""
    plain = value is None or isinstance(value, str | int | float | list | dict)
    text = repr(value) if plain else f"a {type(value).__name__}"
    return text if len(text) <= 80 else text[:77] + "..."
