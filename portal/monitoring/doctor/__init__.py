"""What is wrong with how the portal is run, one check for each thing that has to be right: `manage.py doctor`.

`checkup.run()` asks all of `checkup.CHECKS`; each answers `Finding`s: fine, a warning, a failure, or that nothing is
known since what it would ask is away. `manage.py doctor` prints them, and ends with 1 where something has failed or
could not be asked; `--json` is for programs, `--send-to` also sends a mail. Each check has an id, under which
`docs/operations.md` says what it means and what to do.
"""
