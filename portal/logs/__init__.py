"""What the processes write to their logs, and the id by which lines belong together.

A request has an id (`request_id`), which its answer carries as `X-Request-ID`. What it asks of workers keeps that id
(`messages`), and so do the calls to the platform, up to a change that is sent a day later (`Change.request_id`).
`access` writes a line for each request. `lines` has the two forms of a line: for people, and JSON for programs
(LOG_FORMAT). Neither has secrets, and JSON only the fields named there. A request's own line has its route alone; what
Django says of one that failed has its path, without the query and without what lets somebody in.
"""
