"""What the customers of a seeded world look like: their groups, people, service users, contracts. Data only."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class GroupPlan:
    """A group: under which parent, and its share of the customer's machines."""

    name: str
    parent: str | None
    share: int
    production: bool = True
    timezone: str = "Europe/Berlin"
    window: tuple[int, int] = (22, 5)
    leadtime: int = 12
    # Bytes an hour.
    traffic: int = 150_000_000
    # Monthly credit over what it costs at the beginning; None: none of its own.
    credit: int | None = None


@dataclass(frozen=True)
class CustomerPlan:
    """All of a customer but the machines. Permissions are (group, uid, permissions)."""

    customer_no: str
    groups: list[GroupPlan]
    contacts: list[str]
    users: list[tuple[str, str, str]] = field(default_factory=list)
    permissions: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)
    contracts: list[tuple[str, str, int]] = field(default_factory=list)
    # Machines that are gone, but not from the bills.
    bygone: list[str] = field(default_factory=list)


ALL = ("login", "stats", "sudo-srv")

SERVICES = CustomerPlan(
    customer_no="10001",
    groups=[
        GroupPlan("services", None, 3, traffic=90_000_000, credit=4_000),
        GroupPlan("example", "services", 8, production=False, traffic=40_000_000),
        GroupPlan("example-lab", "example", 4, production=False, window=(1, 4), leadtime=4, traffic=5_000_000),
        GroupPlan("shop", "services", 14, leadtime=24, traffic=4_200_000_000),
        GroupPlan("shop-search", "shop", 6, traffic=700_000_000),
        GroupPlan("old", "services", 3, traffic=1_000_000),
        GroupPlan("trial", "services", 2, production=False, timezone="America/New_York", credit=40),
    ],
    contacts=["ops@example.com", "alice@example.com"],
    users=[
        ("services", "s-services", "Shared jobs of all projects"),
        ("services", "s-deploy", "Rolls out releases"),
        ("services", "s-legacy", "Set up before the present scheme"),
        ("example", "s-example", "The example application"),
        ("example-lab", "s-lab", "Experiments"),
        ("shop", "s-shop", "The shop's application"),
        ("shop", "s-deploy", "The shop has a rollout of its own"),
        ("shop-search", "s-search", "Search index"),
        ("old", "s-intranet", ""),
    ],
    permissions=[
        ("services", "alice", ALL),
        ("services", "bob", ("login", "sudo-srv")),
        ("services", "carol", ("login", "stats")),
        ("services", "s-deploy", ("login", "sudo-srv")),
        # Overrides: here carol may only look, and bob only log in.
        ("shop", "carol", ("stats",)),
        ("shop-search", "bob", ("login",)),
        ("shop", "dave", ("login", "sudo-srv")),
        ("shop", "erin", ("stats",)),
        ("example", "frank", ("login",)),
        ("example-lab", "frank", ALL),
        ("example-lab", "grace.hopper", ("login",)),
        ("old", "heidi", ("login", "wheel")),
        ("trial", "erin", ALL),
    ],
    contracts=[("10001-support", "Support, business hours", 1), ("10001-oncall", "On-call, per project", 2)],
    bygone=["old01", "old04", "old05", "shop03", "example11", "example12"],
)

ACME = CustomerPlan(
    customer_no="10002",
    groups=[
        GroupPlan("acme", None, 4, traffic=60_000_000, credit=2_500),
        GroupPlan("acme-web", "acme", 6, traffic=900_000_000),
    ],
    contacts=["it@example.org"],
    users=[("acme", "s-acme", "Everything"), ("acme-web", "s-web", "The web site")],
    permissions=[("acme", "mallory", ALL), ("acme-web", "oscar", ("login",)), ("acme", "s-acme", ("login",))],
    contracts=[("10002-support", "Support, business hours", 1)],
    bygone=["acme-web17"],
)


def plan_for(index: int) -> CustomerPlan:
    """The plan of customer 10000+index."""
    if index <= 2:
        return (SERVICES, ACME)[index - 1]
    top = f"c{index}"
    return CustomerPlan(
        customer_no=str(10_000 + index),
        groups=[
            # Without machines: `c3` with serial 30 would be `c33` with serial 0.
            GroupPlan(top, None, 0, traffic=20_000_000, credit=5_000),
            GroupPlan(f"{top}-web", top, 6, traffic=800_000_000),
            GroupPlan(f"{top}-db", top, 2),
            GroupPlan(f"{top}-test", f"{top}-web", 2, production=False, traffic=10_000_000),
        ],
        contacts=[f"admin@{top}.example.com"],
        users=[(top, "s-deploy", "Rolls out releases"), (f"{top}-web", "s-web", "The web site")],
        permissions=[
            (top, "alice", ALL),
            (f"{top}-web", "bob", ("login", "sudo-srv")),
            (f"{top}-test", "alice", ("login",)),
        ],
    )
