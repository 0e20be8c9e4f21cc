"""Word of what happened: in the bell of each page, by mail at once or once a day, and to webhooks.

Nobody calls it: what happened is found by reading rows below it, and noted once (`noting`) as an `Occurrence` with a
`Notice` for each person and all that is to be sent, in one transaction. Rows are the truth; messages are nudges.

Rooms:
- `kinds`: the one table of what people hear of, who hears of it and where, unless they chose otherwise (`choices`)
- `sources`: what reads the rows below: audit trail, changes, dates and records of the platform
- `words`: what a notice says, in the reader's language
- `mail`: mails at once, the daily digest, and the links that end them
- `webhooks`: endpoints of customers, and what is delivered to them
"""
