"""What pages, papers and files of money hold; their views are in `customer.money`.

Rooms:
- `usage`: a month's use, the months, the estimate of the running one, what a form would cost
- `invoices`: amounts, items, the list, what changed between two and why
- `documents`: paper: what stands on it, and the PDF
- `document_orders`: orders of files, made by workers
- `thresholds`: budgets and their notices
- `archive`: what the platform lists no more
- beside them `spreadsheets`, and `sums` that know what they do not know

What pages of money show: `usage.usage` (a month's use, worked out once per version of the snapshot),
`usage.estimate`, `thresholds.progress`, `usage.summary`, `archive.archive`; `customer.money.pages` and
`customer.money.thresholds` are the views. Papers (`documents.document`, `documents.pdf`, `document_orders.orders`)
stand beside them.

- **Who sees money.** Managers and billing, of the whole customer. A member limited to a group, if they are one of the
  two, sees the consumption of that group and those below it: amounts of use, in which there is no money. No invoices,
  no limits, nothing of what has vanished: nobody could tell where it stood.
- **The running month** has no invoice and the platform no price list. `usage.estimate` takes what each thing came to
  on the latest invoice, divided by how much was used of it then, as its price; new things at the average of their
  type, items that belong to no consumption as they were. If the platform has an invoice for the month, that is the
  amount. The end of a month is told by how much of it had passed when its use was fetched, and not before its first
  day is over.
- **What a form would cost** (`usage.monthly_cost`): the same invoice priced machines; `usage.rates` finds what a
  core, memory and disk of a storage cost, by least squares over those that ran all of the month. Nothing is said of
  what they do not tell apart (rank), nor where the rates miss more than one machine in ten by half a percent, nor to
  who sees no invoices.
- **Amounts** (`invoices.amounts`, on `ui.format.numbers`): `money` to the cent, `shown` with all digits on hover,
  `exact` for items, `about` for estimates, `difference` with its sign or "about the same", `about_difference` for
  estimates of one. Nothing else rounds.
- **What is unknown** (`sums`): a `Sum` is what can be read, and how many parts cannot; it is written "1.5 GB + 2
  unknown" everywhere. A month between others of which the platform has told nothing is unknown as a whole
  (`usage.months.without_gaps`), a type that does not occur in a month that is known is not. A chart marks it by "?".
- **What changed, and why** (`invoices.comparison`): two invoices thing by thing, by product and name, else by what
  was consumed. The reason is what the consumption of both months says; where it says nothing, none is told. Whatever
  ran all of both months at the same price is one line. `invoices.resizes` names the change of ours, for who may see
  changes.
- **Limits** (`Threshold`: EUR, or bytes of a group without those below it, or of all) are set by managers **and**
  billing: who answers for costs should not have to ask. One that is set anew is another row. `billing.watch_limits`
  (beat, 60 s) notes one that is passed as `Passed`, unique for limit and month, with an entry in the trail, in
  one transaction; from that people hear of it (portal.notify). Limits switch nothing off. A limit does not look back:
  only at months that were not over when it was set.
- **What has vanished** (`archive.archive`): `billing.keep` (beat, 120 s) holds the snapshots against rows
  (`ArchivedRecord`), only where every key of the customer answers; what is no longer listed gets `gone_since`, when
  it last was. `archive.archive.complete(scope, listing)` lays it over a listing, by one query where there is nothing
  of the kind.
- **Paper.** `documents.document` says what a paper is; `templates/print/document.html` is the page for printing
  **and** the PDF, `static/css/print.css` and `documents.page_margins` (what stands in the margins, translated) its
  style. `documents.pdf` turns it into PDF/UA by WeasyPrint, in workers only: fonts come with the npm packages,
  nothing else is loaded, and where Pango is missing it is the order that fails, with words. Tests hold each PDF
  against `page-validation`, a validator of its own make; a letter that none of the fonts has (Chinese, say) is an
  empty box, which PDF/UA forbids. Printed tables have fixed widths: found out by WeasyPrint, a word of 2,000 letters
  takes minutes.
- **Orders** (`document_orders.orders`, `document_orders.leases`, `document_orders.worker`; views in
  `customer.money.documents`): a `Job` is one file of one or more months, its own author's and nobody else's; a double
  click is one (token of the form). Of a single month the request waits up to 3 s for the worker
  (`document_orders.orders.is_made_at_once`) and leads to the file itself. The row is the truth: taken by
  compare-and-set, a lease of 90 s that each month renews, `billing.sweep` (beat, 5 s) finds what is left over; two
  workers lost, and it has failed. One is made at a time (`one_paper_at_a_time`), so that papers never take all
  workers away from changes. Files are rows (`Chunk`), since web and workers may be on different machines; all of it
  is removed a day after the order. Of a ZIP the PDFs are made side by side (`documents.presses`), in processes that
  give way to pages and changes, and end with their worker. `make bench` measures it.
"""
