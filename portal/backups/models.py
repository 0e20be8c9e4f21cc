"""Which backups were made, which of them somebody has tried to restore, and which releases the database has been of."""

from django.db import models
from django.utils import timezone


class Backup(models.Model):
    """A file that `manage.py backup` has written, on the machine where it ran."""

    made = models.DateTimeField(default=timezone.now)  # what was committed by then is in it
    path = models.CharField(max_length=500)
    size = models.PositiveBigIntegerField()  # bytes
    digest = models.CharField(max_length=64)  # SHA-256 of the file, by which it is known again wherever it lies
    release = models.CharField(max_length=12)
    tried = models.DateTimeField(null=True, blank=True)  # when it was last restored to try it, and held

    class Meta:
        ordering = ("-made",)

    def __str__(self) -> str:
        return self.path


class Release(models.Model):
    """One whose migrations have all been applied. The newest is the one that the database is of."""

    version = models.CharField(max_length=20, unique=True)
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.version
