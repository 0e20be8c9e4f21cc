"""What is written of changes is news of their customer (inventory.news), however it is written."""

from typing import Any

from django.db import models
from django.db.models.signals import post_delete, post_save

from portal.inventory import news

UNSEEN = frozenset({"lease_holder", "lease_until"})  # of this nothing is shown


class Told[M: models.Model](models.QuerySet[M]):
    """The rows of a model whose `customer_of` leads to the customer; updating many at once sends no signal."""

    def update(self, **fields: Any) -> int:
        customers = self._customers() if fields.keys() - UNSEEN else ()
        updated = super().update(**fields)
        if updated:
            _tell(customers)
        return updated

    def _customers(self) -> tuple[int, ...]:
        """Whose these rows are; asked before, since they may be others' or nobody's afterwards."""
        found = self.order_by().values_list(self.model.customer_of, flat=True)  # type: ignore[attr-defined]
        return tuple(found.distinct())


def follow(*models_: type[models.Model]) -> None:
    """Rows of these that are saved or deleted by themselves are told as well."""
    for model in models_:
        post_save.connect(_written, sender=model)
        post_delete.connect(_written, sender=model)


def _written(instance: Any, **_signal: Any) -> None:
    """The change of an item has its customer at hand, or is looked up."""
    _tell((getattr(instance, "change", instance).customer_id,))


def _tell(customers: tuple[int, ...]) -> None:
    news.tell_after_commit([news.of_customer(pk) for pk in customers])
