"""What is recorded: groups with their keys, people's permissions, machines as they are wanted, the call log."""

from django.db import models


class ResourceGroup(models.Model):
    """A group of machines; the tree of groups is what keys, permissions and service users reach over."""

    name = models.CharField(max_length=32, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    # Name of the topmost ancestor. Never changes: a key cannot reach another tree to move a group there.
    tree = models.CharField(max_length=32, db_index=True)
    customer_no = models.CharField(max_length=16, db_index=True)
    maintenance_start = models.PositiveSmallIntegerField(default=22)
    maintenance_end = models.PositiveSmallIntegerField(default=5)
    maintenance_until = models.DateTimeField(null=True)
    notification_leadtime = models.PositiveIntegerField(default=12)
    timezone = models.CharField(max_length=64, default="Europe/Berlin")
    production = models.BooleanField(default=True)
    technical_contacts = models.JSONField(default=list)
    # Highest projected monthly cost of the group and its descendants; null: no limit (api_16).
    credit_limit = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    # Digest of the access key; empty: the group has none.
    key_digest = models.CharField(max_length=64, blank=True, default="")
    # Bytes an hour, and since when they are not yet in a consumption record.
    traffic_rate = models.BigIntegerField(default=0)
    accounted_since = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class ServiceUser(models.Model):
    """A user that services run as, on the machines of its group and all descendants."""

    group = models.ForeignKey(ResourceGroup, models.CASCADE)
    uid = models.CharField(max_length=32)
    description = models.TextField(blank=True, default="")
    id_number = models.PositiveIntegerField()
    gid_number = models.PositiveIntegerField(default=101)
    home_directory = models.CharField(max_length=255)
    login_shell = models.CharField(max_length=255, default="/bin/bash")
    ssh_pubkey = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "uid"], name="uid_once_per_group")]

    def __str__(self) -> str:
        return f"{self.group}/{self.uid}"


class Permission(models.Model):
    """One permission of one user on one group."""

    group = models.ForeignKey(ResourceGroup, models.CASCADE)
    uid = models.CharField(max_length=32)
    permission = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "uid", "permission"], name="permission_once")]

    def __str__(self) -> str:
        return f"{self.group}/{self.uid}/{self.permission}"


class Machine(models.Model):
    """A virtual machine as recorded, that is as wanted. What runs is its `Hardware`."""

    id = models.PositiveIntegerField(primary_key=True)
    name = models.CharField(max_length=40, unique=True)
    group = models.ForeignKey(ResourceGroup, models.PROTECT)
    location = models.CharField(max_length=16, default="rzob")
    service_description = models.TextField(blank=True, default="")
    classes = models.JSONField(default=list)
    environment_class = models.CharField(max_length=16, default="NixOS")
    environment = models.CharField(max_length=32)
    cores = models.PositiveIntegerField(default=1)
    memory = models.PositiveIntegerField(default=256)
    disk = models.PositiveIntegerField(default=10)
    rbd_pool = models.CharField(max_length=16, default="rbd.hdd")
    online = models.BooleanField(default=True)
    frontend_ips_v4 = models.PositiveSmallIntegerField(default=0)
    frontend_ips_v6 = models.PositiveSmallIntegerField(default=0)
    aliases_srv = models.JSONField(default=list)
    aliases_fe = models.JSONField(default=list)
    backy_schedule = models.CharField(max_length=32, default="default")
    reverses = models.JSONField(default=dict)
    needs_install = models.BooleanField(default=True)
    servicing = models.BooleanField(default=True)
    last_maintenance_end = models.DateTimeField(null=True)
    creation_date = models.DateTimeField()
    # Deletion: the day at whose beginning (Berlin) it takes effect, and the stages reached.
    deadline = models.DateField(null=True)
    stages = models.JSONField(default=list)
    # Since when its hours are not yet in a consumption record; null: not accounted.
    accounted_since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Address(models.Model):
    """One allocated address. Without a machine it is free for reuse."""

    machine = models.ForeignKey(Machine, models.SET_NULL, null=True)
    vlan = models.CharField(max_length=8)
    version = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    network = models.CharField(max_length=48)
    address = models.CharField(max_length=48)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["vlan", "version", "number"], name="address_once")]

    def __str__(self) -> str:
        return self.address


class RetiredName(models.Model):
    """The name of a machine that is gone, until it may be used again (vm_22)."""

    name = models.CharField(max_length=40, primary_key=True)
    free_at = models.DateTimeField()
    backups_kept = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class Call(models.Model):
    """One logged call (api_14); its id is the serial."""

    group = models.ForeignKey(ResourceGroup, models.CASCADE)
    method = models.CharField(max_length=64)
    args = models.TextField()
    result = models.TextField(blank=True)
    exception = models.TextField(blank=True)
    ipaddress = models.CharField(max_length=64)
    timestamp = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.pk} {self.method}"
