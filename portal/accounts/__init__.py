"""Who asks: people, customers, memberships, roles, API keys.

Rooms:
- `sign_in`: how people get in: password, passkey, second factor, single sign-on, sessions, recovery
- `people`: who belongs to a customer: members, invitations, joining; what is kept about somebody, and their removal
- `audit`: the trail: what is recorded, under which names, and that nobody takes anything out of it unseen (`redaction`:
  a person who was removed; `forgetting`: what is older than is kept)
- `keys`: API keys, and sealing whatever is secret
- beside them `access` (the only way to a customer), `roles`, `view_as`, and what every form and page of the portal
  goes through: `form_drafts`, `followed_forms`, `submit_once`, `page_stamp`, `redirects`, `reader_settings`, `mail`;
  `retention` is how long things are kept

`access.get_scope(user, customer_no) -> Scope` (Http404) is the only way to a customer. `Scope(customer, user, role,
root, customers)`: `.may_see(kind)`, `.may_change(kind)`, `.require(verb, kind)` (403). Kinds are the names of
resource types and `people`, `keys`, `changes`, `schedule`. `sign_in.backend.Backend` loads who is signed in
together with their memberships: a known list costs four queries (session, person, keys, what is pending).
`models.ApiKey(customer, resource_group, generation, refused_at)`: `.secret()`, `.set_secret()`.
`keys.sealing.seal/unseal(value, place, purpose=)`.

`audit.trail.record(action, customer=, target=, before=, after=)` belongs into the transaction of what it records;
`audit.actions.ACTIONS` names every action (a test holds the code against it). Exports and prints record `exported`
and `printed`. `form_drafts.typed(request)` is what a page's form stands on: what is sent, or what was kept when a
session ended, a second factor was asked for, or the page was of an earlier sign-in; the middleware drops it once the
form was taken. `submit_once.Once` (middleware) does a form that is sent twice once, whichever it is: by the token
against forgery, which is another one for each page, and what was sent with it; the second is led to where the first
led. `people.members`, `people.invitations`, `keys.api_keys` change who belongs to a customer and how it is reached,
under the customer's lock; `people.members.add` and `take_out` end open invitations. `sign_in.authenticator_codes` are
those of authenticator apps, `sign_in.recovery` is for lost devices. Mails go by `mail`, in the language and by the
clock of their reader (`reader_settings.of_reader`). `accounts.tasks` (beat, 30 s) puts a refused key on record,
once for each generation. Whatever is kept sealed is registered (`keys.sealed_values`): `manage.py rotate_keys` seals
all of it anew.

**Pages that stay open.** `page_stamp`: each page carries, signed, for whom it was made (person, view, roles,
language), and its scripts and forms send that along (`static/js/portal.js`). Where it is not so any more, no part is
answered: the whole page is asked for anew, and says what is so; what was typed is kept for who typed it.
`ui.middleware.whole_pages`: whatever answers the question for a part and is a whole page (sign-in, a refusal, "not
found") leads the window there by `HX-Redirect`; so no view has to know. What has gone is told by
`customer.errors.not_found` from `NoRecord` and `NoAccess`, only to a page that stood open; that a view has ended, by
`console.middleware`. A refusal is on record once in ten minutes for the same person and place. `redirects` says where
a person is led, and what is kept of a form on the way. Back onto what htmx has put into the history is a reload
(`htmx-config` in `base.html`).
"""
