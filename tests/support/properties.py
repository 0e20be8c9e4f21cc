"""Property-based tests: the same examples at every run of the same code, whatever else the process has run.

Imported by the conftest of all tests: a folder that forgot it would have examples, and time limits, of its own. (And by
that of tests/resources, which `make mutants` runs alone.)
"""

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

settings.register_profile(
    "steady",
    derandomize=True,  # examples follow from the test's own source
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],  # both measure time, and with it how busy the machine is
    max_examples=200,
)
settings.load_profile("steady")

# Hypothesis also tries what stands as a constant in the project's modules that happen to be loaded: which those are
# depends on the tests that this process ran before.
assert callable(providers._get_local_constants)
providers._get_local_constants = lambda: providers._local_constants
