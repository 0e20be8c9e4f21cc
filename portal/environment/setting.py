"""What a declared setting is: a variable of the environment, typed, with a default and a sentence for people."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self, overload


@dataclass(frozen=True, eq=False)
class Setting[T]:
    """Declared in a `Section` under its own name. Read from an instance it is the value; from the class, itself."""

    kind: Callable[[str], T]  # of `kinds`: makes the value of the text, or raises Malformed
    default: T
    purpose: str
    default_text: str = ""  # where the default itself would tell people nothing
    is_secret: bool = False  # never shown, and also read from the file that NAME_FILE names
    name: str = field(init=False, default="")

    def __set_name__(self, owner: type, name: str) -> None:
        object.__setattr__(self, "name", name)

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Section", owner: type) -> T: ...
    def __get__(self, instance: "Section | None", owner: type) -> Self | T:
        if instance is None:
            return self
        value: T = instance.values[self.name]
        return value

    @property
    def file_name(self) -> str:
        """The variable that may name a file with the secret."""
        return f"{self.name}_FILE"


class Section:
    """Settings that belong together; the docstring is their heading."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    @classmethod
    def settings(cls) -> list[Setting[Any]]:
        """Those declared in this very class, in their order."""
        return [one for one in vars(cls).values() if isinstance(one, Setting)]
