"""Plans: many changes put together, seen beforehand, applied as one, taken back as one.

Modules in flow order: `compose` (with `merging`, `renaming`) → `review` (with `order`, `sums`, `answers`) → `approval`
→ `applying` → `progress`; `take_back` makes a plan out of what is through. `visibility` says what of a plan a person
sees, `open_plans` is what every page knows of the open ones.

- **A plan is rows**: `Plan`, its `Entry`s (one for each record), what people say about it (`Remark`), and a `Part` for
  each change that it was sent as. Nothing is sent before somebody applies it.
- **One change for each API key** (`applying`): all are made in the transaction that applies the plan, the first is
  queued, those after it stand by as drafts until the one before is recorded. From there on it is the ordinary pipeline
  (`portal.changes`): leases, unknown outcomes, conflicts seen right before sending.
- **What is not taken** opens the plan again: its entries are as they were, the platform's words stand at theirs, what
  an earlier part has brought about is through (`Entry.change`) and stays so.
- **`revision`** grows with each edit. Approvals are of a revision, and so is a request to apply: what was edited since
  has to be looked at again.
- **The plan's row is held** (`select_for_update`) by whoever edits, applies, stops or advances it. `held` is how.
- **`Customer.plans_version`** grows with whatever pages show of open plans; it comes with the customer's row, so a page
  asks for nothing more while it stands (`open_plans`).
"""
