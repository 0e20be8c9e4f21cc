"""What one does with the project: demo, test, lint, measurements; the Makefile lists them.

`stack` runs Redis, sandbox, web, worker and beat for the demo, the flow tests and the benchmarks; `processes` starts,
watches and ends them.

- **Nothing outlives who started it.** Each program has a session of its own and beside it a guard
  (`scripts/guard.py`), which reads a pipe that nobody writes to: when that closes, because its other end was in a
  process that ended in whatever way, the guard kills the program's group. Portable, and no number of a process is
  ever guessed.
- **Signals break into nothing.** `heed_signals` only notes them; `pause`, by which everything waits, raises
  `AskedToEnd`. So a second one (make passes on what it gets, and the group gets it too) changes nothing, and no
  process is forgotten between being started and being noted. Ending takes six seconds at most: who is busy then is
  killed, as rows are the truth and leases run out.
- **One demo in a folder** (`scripts/lock.py`), by two locks of the operating system: one of the runner, which the
  next demo is refused by; one that all it starts inherit, which the next demo waits for, so that it never meets what
  a killed one left.
- **Redis has no files** there, neither written nor read: nothing in it is worth keeping, and nothing broken can keep
  it from starting. In production the one for messages has.
- **Who is to blame.** While one part is waited for, all are watched: the one that ends is named with the end of its
  own log. They are waited for in the order in which they need each other.
"""
