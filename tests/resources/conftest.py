"""What a resource type is, tested without Django, database or network (`make mutants` runs these tests alone)."""

import tests.support.properties  # noqa: F401
