"""Webhooks for managers: the endpoints, what was sent to each, and what can be done about it."""
