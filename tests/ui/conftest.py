"""How things are shown: property-based tests have the same examples at every run."""

import tests.support.properties  # noqa: F401
