"""The schedule's pages: as an agenda, as a month, each machine's as a line, and what is leaving soon."""
