"""`make bench`: measures the portal as production runs it, in worlds of 10 to 100,000 machines, against its targets.

`make bench QUICK=1` looks in two minutes whether something is far off; `make bench KEEP=1` also writes the figures into
docs/performance.json and docs/performance.md. Ends with 1 where a target is missed or was not measured.

- **What it is compared with** (`served`): a bare view and a plain table, answered by the same web processes. Machines
  differ, so pages are told in terms of a bare view of as many bytes, measured right after them in each round.
- **Worlds** (`world`): PostgreSQL, real Redis, two web processes, worker and beat, one world after the other. `load`
  asks, and costs little itself; `processes` looks at what they take.
- **What is measured** (`pages`, `changes`, `plans`, `money`, `console`, `tabs`, `sizes`, `browser`, `crowd`): each
  notes `figures` by name. What cannot be seen over HTTP is measured `inside` of a process of its own.
- **What is promised** (`targets`), and how it is told (`report`): both pure.
"""
