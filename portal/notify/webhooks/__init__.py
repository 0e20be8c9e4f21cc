"""Webhooks: what happens to a customer, told to addresses of theirs, by Standard Webhooks 1.0.0.

- `queue` makes a message for each endpoint that wants to hear of an occurrence, in the transaction that notes it
- `delivering` sends what is due, one at a time for each endpoint; `pauses` says when again, `calling` is the one POST,
  `addresses` what may be called, `signing` and `payload` what is sent
- `verbs` is what managers do with endpoints; `tasks` what a worker does
"""
