"""Which pages a reader has, and where: a customer's people have theirs, staff in the console have the console's."""

from typing import Protocol

from portal.ui.links import Parameters


class Pages(Protocol):
    """Addresses of pages; '' for one that the reader does not have."""

    def record(self, type_name: str, key: str) -> str:
        """The page of a record."""

    def listed(self, type_name: str, parameters: Parameters) -> str:
        """The list of a type, filtered."""

    def change(self, number: int) -> str:
        """A change, or where it is listed."""

    def scheduled(self, name: str) -> str:
        """The dates of a machine or group."""


class Nowhere:
    """For what is shown without links."""

    def record(self, type_name: str, key: str) -> str:
        return ""

    def listed(self, type_name: str, parameters: Parameters) -> str:
        return ""

    def change(self, number: int) -> str:
        return ""

    def scheduled(self, name: str) -> str:
        return ""
