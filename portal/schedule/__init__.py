"""What will happen when: maintenance, planned deletions, maintenance mode, changes that wait for a window.

- `events` makes events of what is known, `select` cuts out those that somebody asks for. Nothing is asked of the
  platform for it, and no row is written.
- `feeds` are the addresses that people give their calendars. What calendars are told stands in rows (`models`), which
  `told` brings up to what is known; `ical` makes their file of it.
"""
