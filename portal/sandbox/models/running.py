"""What runs and what will happen: hardware in force, maintenance windows, due events, the world as a whole."""

from datetime import timedelta

from django.db import models

from portal.sandbox.models.inventory import Machine


class World(models.Model):
    """The one row that holds the clock and the counters; locking it is locking the world."""

    offset = models.DurationField(default=timedelta())
    install_seconds = models.PositiveIntegerField(default=20)
    next_machine = models.PositiveIntegerField(default=4100)
    next_user = models.PositiveIntegerField(default=1000)

    def __str__(self) -> str:
        return "world"


class Location(models.Model):
    """A data centre and what all its machines together may use (api_16). Memory MiB, disk GiB."""

    name = models.CharField(max_length=16, primary_key=True)
    cores = models.BigIntegerField()
    memory = models.BigIntegerField()
    hdd = models.BigIntegerField()
    ssd = models.BigIntegerField()

    def __str__(self) -> str:
        return self.name


class Hardware(models.Model):
    """The running machine. Exists once it is installed; only events change it."""

    machine = models.OneToOneField(Machine, models.CASCADE, primary_key=True)
    cores = models.PositiveIntegerField()
    memory = models.PositiveIntegerField()
    disk = models.PositiveIntegerField()
    powered = models.BooleanField()
    kvm_host = models.CharField(max_length=32)

    def __str__(self) -> str:
        return f"{self.machine} on {self.kvm_host}"


class Maintenance(models.Model):
    """A maintenance of one machine, past, present or coming."""

    machine = models.ForeignKey(Machine, models.CASCADE)
    starts = models.DateTimeField()
    ends = models.DateTimeField()
    announce_at = models.DateTimeField()
    comment = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["machine", "starts"], name="maintenance_once")]

    def __str__(self) -> str:
        return f"{self.machine} {self.starts:%Y%m%dT%H%M%SZ}"


class Activity(models.Model):
    """One thing done in a maintenance. `target` is the value that it puts in force; durations in seconds."""

    maintenance = models.ForeignKey(Maintenance, models.CASCADE)
    kind = models.CharField(max_length=16)
    target = models.PositiveIntegerField(null=True)
    comment = models.TextField()
    starts = models.DateTimeField()
    estimated = models.PositiveIntegerField()
    duration = models.PositiveIntegerField(default=0)
    ended = models.BooleanField(default=False)
    result = models.CharField(max_length=64, blank=True, default="")
    reference_id = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return self.comment


class Event(models.Model):
    """Something that happens by itself at `due`. `kind` names its handler in `events`."""

    due = models.DateTimeField(db_index=True)
    # Order among events that are due at the same instant: a month closes before the next one begins.
    rank = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=16)
    machine = models.ForeignKey(Machine, models.CASCADE, null=True)
    maintenance = models.ForeignKey(Maintenance, models.CASCADE, null=True)
    # What it is about where that is no row any more: a machine's name, a month.
    name = models.CharField(max_length=40, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.kind} at {self.due}"
