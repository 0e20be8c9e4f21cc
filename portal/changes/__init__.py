"""Writing: a change is a row, which workers pass on to the platform step by step.

Modules in flow order: `intent` → `submit` (with `keys`, `enqueue`) → `tasks` → `perform` (with `leases`,
`platform_state`, `conflicts`, `reconcile`) → `settle` → `follow`; `decisions` is what a person may do with a change
meanwhile; the room `reads` (`pending`, `history`, `visibility`) is what pages read.

- **One step at a time.** `perform(id)` takes the change under a lease (compare-and-set), does one step, lets go, and
  nudges the next of the customer. A message may come twice or never; the sweeper (every 3 s) finds whatever is due. A
  worker may be killed between any two lines: `tests/changes/test_crash.py` does.
- **Before sending**: the serial of the key's last logged call, what is there now (one query per record, up to three,
  else one for the type), conflicts; then `depart`, which the database itself allows one change of a customer. Three
  calls in all: log, query, apply.
- **Conflict** means: a field in `before` is neither as the person saw it, nor as wanted, nor as their own changes
  made it lately. `before` of an edit of a machine also holds the `deletion` they saw, since any edit cancels one
  (vm_20); an empty edit ("keep") means to.
- **Messages** carry an id and nothing else, and none is worth keeping: `portal.broker` lets a worker outlive a Redis
  that goes away while it holds some.
- **Unknown**: found in the log after that serial → recorded. Nothing in the log, and `landing` over → queued again;
  at once the first time, then with pauses in which a person can take it back. Meanwhile nothing else of the customer
  goes out.
- **Times** (`timing`) follow from the deadline of one call, `API_DEADLINE` (60 s): landing 75 s < time limit of a
  task 90 s. The lease is 9 s, and kept alive by the process that works on the change (`leases.kept`): what a killed
  worker had in hand goes on within 15 s where it had not been sent. What may have been sent is looked for from then
  on; found in the log it goes on, else when `landing` is over. Shorter deadlines make all of them shorter.
- **No late departure**: a call goes out within `on_its_way` (15 s) of `sent_at`, or not at all (`leases.is_late`), so
  that a process that stood still in between sends nothing that was given up already.
- **Follow** (every 0.5 s, only keys that are due): while machines install and a page is open, a poll every 1.4 s,
  which with the page's own second shows *ready* within 3 s; what waits for a maintenance every 5 s; unwatched every
  30 s; a platform that did not answer is left alone for 10 s. Nothing pending, no poll.
- **Who concludes what**: `outcome` writes down where a change goes from what the platform said, `reconcile` finds out
  what it would have said. `evidence` knows what would prove that something is in force, `settle` begins with it when
  a change was recorded, `follow` asks until it is there.
- **Numbers**: `Change.number` is for people, `turn` the order of going out, renewed when a person asks again.
  `is_final` (`done_at` is set): nothing more will happen; where the platform gives no evidence the end is *recorded*.
- **`Change.answer`** is {}, or has "kind" ("fault", "refused", "unreachable", "unsendable", "conflict", "superseded",
  "no_key") and "text"; of a fault also "code", "field" ('' where it names none) and "item" (position or None); of a
  conflict "items": position, "reason" ("changed", "gone", "exists"), and "fields": {name: {"before", "wanted",
  "present"}}.
- **Intents**: creations say where (`resource_group`, or `parent` of a group); a machine's deletion says its
  `deadline`; cancelling one wants {} ("keep"). `submit` is idempotent by the form's token, commits, then enqueues; it
  and all of `decisions` check role and scope themselves.
- **Pending** is all that is not at its end, and what was rejected within the last seven days and was not put away:
  one query for a page.
"""
