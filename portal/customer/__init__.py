"""The customer's pages.

Rooms:
- `home`: the overview, and what needs attention
- `resources`: lists, record pages, forms and buttons of all resource types
- `schedule`: what will happen when
- `changes`: the list of changes, a change's page, the message that follows it
- `plans`: many changes put together, reviewed and applied as one
- `people`: members and invitations
- `audit`: the trail
- `webhooks`: endpoints of the customer, and their delivery log
- `notifications`: what a person was told, and what they choose to hear of
- `money`: consumption, invoices, documents, budgets
- beside them `urls`, `shell` (the frame), `polls`, `errors`, `search`, `api_keys`, `role_help`

URLs are fixed by the design paper; `urls` lists them. One URL for page and part; views are functions, `get_scope`
first. Lists go through `resources.group_tree.list_or_tree`: groups have a second view (`?view=tree`).

- **A change, told to its end**: `changes.messages.tell` says on the page that comes next where a change is, by a
  message (`changes/told.html`) that asks `changes/<n>/?line` until the change's end. A record's own page tells the
  latest of its changes that goes no further (`resources.timeline.not_taken`), also where its creation was refused and
  there is no record.
- **The frame** (`shell`): navigation with counts, what is pending, what does not answer. `frame_updates` is asked by
  the banner while it says something (each 2 s), so that it goes by itself on any page.
- **The bell** (`components/bell.html`) asks how many notices are unread (each 10 s), on pages that one looks at: beside
  a form nothing may lead the page away. `Membership.unread` comes with who is signed in, so no page counts.
- **Pages that ask for themselves** bring a tag (HX-PTag). A view that answers them is `polls.noted`, so that "nothing
  new" is told before sessions and database are asked. Its tag may depend on news (`inventory.news`) and on time alone.
- **What is gone**: `errors.not_found` tells what has gone, from `NoRecord` and `NoAccess`, only to a page that stood
  open; `typed_input` is what was typed into a form that can be sent no more, on the page that says why.

Templates: `base.html`, `resources/{list,detail,form,delete}.html`, `components/*`, `changes/*`, `overview/*`.
"""
