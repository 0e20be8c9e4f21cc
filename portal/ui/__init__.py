"""How a resource type is shown, whoever it is shown to.

Rooms:
- `format`: values, dates, numbers, badges, icons in words and HTML
- `lists`: a type's list: page, rows, columns, filters
- `details`: a record's page: panels
- `forms`: forms from a type's fields, effects, the API call
- `spreadsheets`: a table as CSV or XLSX
- beside them `links` (addresses of pages), `reader_pages`, `page_context`, `menu`, `preferences`

- **Words** are those of `docs/words.md` (`tests/ground/test_words.py`). `format.platform_messages` recognises the
  platform's own fixed sentences; `support_contact` names whom to ask, as the settings have it.
- **Times** (`format.dates`) are told by the reader's clock (`accounts.reader_settings`; activated for each request,
  and around mails and papers), with that of the group beside what is still to come; keys of what is kept include
  `dates.reading()`.
- **Values**: `format.values` puts any value of any kind into words and HTML. Two values can be at work at once:
  `type.runs(record, context)` are those that still run while the record's wait for a maintenance
  (`format.pending.overlay` shows both). `type.standing` (resources.phases) puts records in order by time.
- **Lists**: `lists.rows` and `lists.columns`; `lists.filters` is query parameters ↔
  `inventory.listings.select.Query`. A record is one line: `format.badges.in_row` says states briefly there
  (`brief=`), with the words for hover, screen readers, phones and paper.
- **Forms**: `forms.form` makes them from `settable_fields`; `forms.effects` says what saving does. Choices that go by
  another field are drawn anew as that is typed (`form.follow`, `ResourceForm.redrawn`); what is swapped in for a
  field (`data-while`) counts only while the field holds what was sent. `components/bar.html` is what a form's bar
  says (from `Effect.brief`).
- **Spreadsheets**: `spreadsheets.sheets` is a table as CSV or XLSX, `spreadsheets.records` records as one,
  `spreadsheets.downloads` the answer, on record (`components/downloads.html` asks for it).
- **Speed**: `fragments` keeps parts of pages as strings by what they depend on (docs/decisions/0011); a page's objects
  name that as their `version`. `template_loader` reads templates without their indentation, `compression` sends pages
  compressed.
- **Pages**: `reader_pages` says which pages a reader has and where; `menu.offers` marks what is on its way;
  `page_context` is what a type's page knows around its records. `middleware.whole_pages` lets whatever answers the
  question for a part and is a whole page lead the window there.
"""
