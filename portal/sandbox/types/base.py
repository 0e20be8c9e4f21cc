"""What all resource types share: reading by filter, setting one record, deleting one."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.db import models

from portal.sandbox.errors import CONTRADICTION, Refused, shown
from portal.sandbox.fields import Field
from portal.sandbox.scope import Scope

Record = dict[str, Any]


class ResourceType(ABC):
    """A type that can be queried."""

    name: ClassVar[str]
    primary_key: ClassVar[tuple[str, ...]]
    fields: ClassVar[dict[str, Field]]

    @abstractmethod
    def records(self, scope: Scope, where: Record) -> list[Record]:
        """Full records in reach that match `where` exactly, in a stable order."""

    def query(self, scope: Scope, where: Record) -> list[Record]:
        """What `query()` answers. Refused for a key that is not filterable (api_11)."""
        for key, value in where.items():
            if key not in self.fields or not self.fields[key].filterable:
                raise Refused(key, "is not filterable")
            if isinstance(value, list | dict):
                raise Refused(key, f"cannot be compared with {shown(value)}")
        return self.records(scope, where)


class WritableType[Row: models.Model](ResourceType):
    """A type that can be applied to."""

    # What a deletion may carry besides the primary key.
    delete_fields: ClassVar[dict[str, Field]] = {}

    @abstractmethod
    def by_id(self, scope: Scope, ids: Collection[Any]) -> dict[Any, Record]:
        """Full records in reach of the rows with these ids, by id; without those that are gone."""

    @abstractmethod
    def find(self, scope: Scope, key: Record) -> Row | None:
        """The reachable row with this primary key."""

    @abstractmethod
    def create(self, scope: Scope, values: Record) -> Row:
        """A new row from checked values. Refused where the rules forbid it."""

    @abstractmethod
    def update(self, scope: Scope, row: Row, values: Record) -> None:
        """Change a row: `values` are checked and differ from what it has; possibly none."""

    @abstractmethod
    def remove(self, scope: Scope, row: Row, options: Record) -> None:
        """Delete a row, at once or with a delay."""

    def set(self, scope: Scope, given: Record) -> Row:
        """Create or change what a record describes (api_06, api_08)."""
        for key in given:
            if key not in self.fields:
                raise Refused(key, "unknown key")
        row = self.find(scope, given)
        if row is None:
            row = self.create(scope, self._checked(given, ("set", "create")))
            self._check_unchanged(scope, row, given, ("read",))
        else:
            present = self._check_unchanged(scope, row, given, ("create", "read"))
            # A value that is there already passes, even one that support has raised over the limits.
            changed = {key: value for key, value in given.items() if not _same(present.get(key), value)}
            self.update(scope, row, self._checked(changed, ("set",)))
        return row

    def delete(self, scope: Scope, given: Record) -> None:
        """Delete what a record names; nothing where there is nothing (api_09). Other keys that it has mean nothing."""
        options = {}
        for key, value in given.items():
            if key in self.delete_fields:
                options[key] = _check(key, self.delete_fields[key], value)
            elif key not in self.fields:
                raise Refused(key, "unknown key in a deletion")
        row = self.find(scope, given)
        if row is not None:
            self.remove(scope, row, options)

    def _checked(self, given: Record, access: tuple[str, ...]) -> Record:
        return {
            key: _check(key, self.fields[key], value)
            for key, value in given.items()
            if self.fields[key].access in access
        }

    def _check_unchanged(self, scope: Scope, row: Row, given: Record, access: tuple[str, ...]) -> Record:
        """A key that cannot be set may be given with the value it has. Answers the present record."""
        if given.keys() == set(self.primary_key):
            return {}
        present = self.by_id(scope, [row.pk])[row.pk]
        for key, value in given.items():
            fixed = self.fields[key].access in access and key not in self.primary_key
            if fixed and not _same(present[key], value):
                raise Refused(key, f"cannot be changed, it is {shown(present[key])}")
        return present


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _check(key: str, field: Field, value: Any) -> Any:
    try:
        return field.check(value)
    except ValueError as error:
        raise Refused(key, str(error)) from None


def taken(key: str) -> Refused:
    """The refusal of a name that exists, wherever that is."""
    return Refused(key, "is taken", CONTRADICTION)


def required(values: Record, *keys: str) -> None:
    """Refused for the first of the keys that is not given on creation."""
    for key in keys:
        if key not in values:
            raise Refused(key, "is required on creation")


def matches(record: Record, where: Record) -> bool:
    """Whether a record has exactly these values (a boolean is no integer)."""
    return all(_same(record.get(key), value) for key, value in where.items())


def iso(moment: datetime | None) -> str:
    """A time as records carry it: ISO 8601, UTC, whole seconds; empty for none."""
    return "" if moment is None else moment.astimezone(UTC).replace(microsecond=0).isoformat()
