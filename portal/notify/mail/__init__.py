"""Mails to people: at once, as a daily digest, and how they are ended."""
