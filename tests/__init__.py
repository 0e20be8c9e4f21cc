"""The proof: tests mirror the packages of `portal`; `flows` are in a browser, `ground` holds the project itself.

- **Time.** All tests begin at one moment (`tests/support/moment.py`; `AT=` names another), whenever they are run:
  time-machine moves `time.time` and its like in the process of the tests and, by a `sitecustomize` on their path, in
  all that tests start; worlds of platforms are seeded at that moment and begin anew with each module. Redis and the
  browser keep the real time, so nothing may go by theirs (numbers of snapshots are our own clock's). `tests/moments`
  holds what depends on time against the sandbox at sixteen moments; `tests/ground/test_moment.py` finds tests that
  look at another clock.
- **Queries.** A page takes as many database queries for three of everything as for one: `test_query_counts.py` (tests
  of `customer`, `console`, `accounts`) asks for each; a new address has to be put in there.
- **Two readings.** The portal's reading of the rules is held against the sandbox's independent one: windows in
  `tests/resources/test_windows_anywhere.py`, the rest, and a machine's whole life, with the sandbox's settings in
  `tests/sandbox/test_both_readings*.py`. Property-based tests have the same examples at every run
  (`tests/support/properties.py`).
- **Quick.** What tests only look at is made once: worlds are seeded once for all processes and put back for each
  module, portals and sandboxes go on from module to module, records that a platform answers again byte for byte are
  not read again (`tests/support/answers.py`), pages made like one that has passed axe have passed. The closing table
  of `make test` names the slowest ten.
- **Failures.** The report of a failed test has what each process of its portal has logged last, and what its browser
  showed (`tests/support/failures.py`): of one that comes once in a hundred runs nothing else is left.
- **The pipeline.** `python -m scripts.chaos` (200 changes by three people, 10 SIGKILLs at different steps, Redis
  emptied once, 6 calls that go wrong) holds the platform's log against the rows: every change there once, in order,
  records as last wanted. A small run of it is `tests/pipeline/test_chaos.py`.
"""
