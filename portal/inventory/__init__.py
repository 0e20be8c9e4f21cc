"""Reading: snapshots of what the platform answers, and what a scope sees of them.

Rooms:
- `snapshots`: what a key's query has answered: stored, remembered, asked for anew, written through
- `listings`: what a scope sees of it: merged, cut out, filtered, put in order, searched, related
- `platform`: clients of the API by key, and the circuit breaker
- beside them `reads` is all that pages ask; `counters`, `health` and `presence` what is measured,
  `key_recheck` tries keys again that were refused, `news` and `people_news` know whether anything is new

How a page gets its records: `listings.for_scope` (cut out what a scope sees) ← `listings.merging` (all keys of the
customer, each record once) ← `snapshots.freshness` (current enough? ask behind it, wait, or serve the last known) ←
`snapshots.current` (memory, brought up to Redis by one small read) ← `snapshots.store` (sealed values).
`snapshots.single_flight` asks the platform, once for all.

What is not new is not worked out again: the same digest is the same snapshot; of another body only the lines that are
new are read, a large one beside the pages (`snapshots.reading`); what pages add up over all records is kept with their
index (`listings.totals`, `Index.once`). What was looked at lately (`visited_customers`) is brought up by a thread
of each web process (`ahead`), so that neither a start nor a change is in anybody's way.

- **Numbers.** All knowledge of a place (key, generation, type) has a number from one clock kept in Redis (own time,
  but always later than the last): a query takes it when it begins, a change when it was answered. Higher is later, so
  a slow refresh cannot undo a change. Who brings a change's result late (a worker took over from a dead one) gives it
  the number of back then.
- **Redis away or hanging.** Connecting may take 0.3 s, an answer 0.7 s, once: then nobody in the process asks for 2 s
  (`redis_connection.Away`), pages come from memory or the platform, changes are rows anyway. Emptied: memory goes on,
  the next refresh fills it again. Values that don't open are absent, and counted as alarms.
- **News.** Pages with something pending ask each second or two, and mostly nothing has happened. Whatever changes what
  they show is counted (`news.tell`) where it is written, so that `customer.polls` can tell them by one look into Redis.
  What a page shows that is written elsewhere than in snapshots, changes and the trail has to be told as well.
- **Counting.** `counters` keeps counts of all processes in one Redis hash (calls and durations by method and outcome,
  reads by source, alarms). Pages gather theirs in the process and hand them on every 5 s; calls to the platform at
  once.
"""
