"""The pages of support staff, over all customers.

Rooms:
- `customers`: one customer: page, records, notes, administration
- `search`: over all customers, with its index
- `platform`: the state of the platform's API, figures, keys
- `view_as`: seeing a customer as one of its people does
- `announcements`: what all or some customers are told
- beside them `home`, `changes`, `trail`, `staff` (who may), and the frame

For everybody but staff no address below `/console/` exists (`staff.for_staff` comes before anything else, also before
the method). **Staff roles** are Django's two flags: `is_staff` is support, `is_superuser` as well is an admin
(`for_admins`). Django's admin is not installed.

- **Viewing as** (`view_as.sessions`, `middleware.view_as`, `accounts.view_as`): a row of a member of staff, a
  membership and a reason, for 30 minutes, tied to the session; the database allows one at a time of a person. While
  it lasts `get_scope` answers that membership's scope for that customer, and 404 for all others, also for those that
  the member of staff belongs to. `Scope.user` stays the member of staff: they are the author of what they change;
  `Scope.viewing` says whether write access was taken, and people and keys can never be changed that way.
  `accounts.audit.trail.record` writes "staff as person". Each step renews the session's key **and the CSRF secret**,
  so a form from before a step cannot be sent after it; what is sent after the half hour is refused by the middleware.
  The steps are in the customer's own trail, and so is the end, once and with its cause: the button, signing out, the
  half hour (`console.end_visits`, beat, 60 s), the end of the staff role, or the removal of the member, which the row
  of the visit outlives.
- **Search** (`search.terms`, `search.index`, `search.page`): tables of the database (`Entry`, `Term`), found by
  prefix over an ordinary index, alike on SQLite and PostgreSQL; where that finds few, also by the middle of a title
  (one scan of an index). A worker brings them up every 5 s to the snapshots whose head or mark has changed, and then
  only the records that differ; snapshots nobody asked for in an hour are fetched, 20 in one run. In the database
  because what one process has decoded is bounded, and because plain records don't belong into Redis. `make bench`
  measures it.
- **A record in the console** (`customers.record_page.StaffPage`) is the customer's own page of it:
  `ui.reader_pages.Pages` says which pages a reader has and where, so that links lead into the console.
- **The frame** (`frame`, a context processor) stays around pages that belong to no customer (one's account, what went
  wrong): the console's for staff in it, else that of the customer where one was.
- **Breaker** (`inventory.platform.circuit_breaker`): `api.Client` asks `check` before each call and tells `observe`
  after it; `inventory.platform.clients` gives both. Five failures (no answer, or an unreadable one) within 30 s stop
  all processes; every 5 s one call tries, and the first that succeeds lets all go, so that pages know of it within 15
  s (`snapshots.freshness` leaves what fails alone meanwhile). What is stopped is `NotReachable` with
  `may_have_been_sent=False`: pages show what is known, changes stay queued.
- **A day of figures** (`platform.metric_samples`): one row a minute, counts as they stand; charts show by how much
  they grew. `counters` also counts by key, which `/metrics` does not show; of each key that was used in a minute, one
  `KeySample` holds what grew (`platform.key_page`). `inventory.presence`: each process says every few seconds that it
  is alive, and what it runs, in Redis.
- **System checks** (`platform.checks`): what `manage.py doctor` finds, carried out when somebody sends the form.
- `changes.decisions.look(scope, change)` finds out at once what became of an unknown change. Decisions of staff go
  through `changes.decisions` with a manager's scope of their own.
- `{% announcements %}` and `{% viewing_banner %}` stand in `base.html`. Announcements that are not over are kept for
  5 s (`inventory.timed_value`): no query where there is none.
"""
