"""What will happen when: maintenance, planned deletions, maintenance mode, changes that wait for a window.

`events` makes events of what is known, `select` cuts out those that somebody asks for, `month` lays them out by day.
Everything here is worked out from listings and from what is pending: nothing is asked of the platform, and no row is
written.
"""
