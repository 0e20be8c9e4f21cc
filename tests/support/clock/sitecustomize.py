"""Python imports this at its start where this folder is on PYTHONPATH: what tests start lives in the tests' time.

TEST_CLOCK holds by how many seconds the tests' clock is ahead of the real one; it runs on from there. Only `time.time`,
`datetime.now` and their like are moved: what measures how long something takes (`time.monotonic`) is not.
"""

import os
import sys
import time

if "TEST_CLOCK" in os.environ:
    has_pytest = "pytest" in sys.modules
    if not has_pytest:
        sys.modules["pytest"] = None  # type: ignore[assignment]  # time-machine would load all of it, for its plugin
    import time_machine

    if not has_pytest:
        del sys.modules["pytest"]
    time_machine.travel(time.time() + float(os.environ["TEST_CLOCK"])).start()
