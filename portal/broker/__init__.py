"""What carries messages to the workers: Redis, at one address or found by Sentinels, or RabbitMQ (BROKER_URL).

- No message is worth keeping (`portal.celery`): what is lost with a broker is found again by the sweepers.
- `celery_settings` says how Celery reaches it, `backlog` how much waits there and whether it takes any more.
"""
