"""Backups: the database in a file, and the portal brought back from one.

`manage.py backup` writes a file (`dump`) and notes it in a row (`models`), which `manage.py doctor` goes by.
`manage.py restore` puts one into an empty database, and then sets right what has gone on outside since it was made
(`restored`): a change that had not been sent then may have been sent since. `manage.py try_restore` does the same in a
database of its own, which is dropped afterwards: a backup that nobody has restored is a hope. `schema`
knows a database of a newer release, `releases` notes which one it is of, and has `migrate` refuse one that is too old.

Not in the file: sessions and limits, which end with the database that they were made for. Redis needs no backup. The
keys that open what is sealed are not in the database at all: CREDENTIAL_KEYS has to be kept elsewhere.
"""
