"""Settings from the environment, of web, workers and commands alike; pure, and the only one that reads it.

`table` declares each variable, `setting` says what a declaration is, `kinds` how a value is read, `reading` reads all
of them and lists all that is wrong, `rules` knows what does not go together, `names` which names look mistaken,
`child` what a process that is started by this one is given.
"""
