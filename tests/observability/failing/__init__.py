"""A portal in which the calendar's address fails, and a task that it asks for, when that has called the platform.

All that a person might have given stands in variables, in messages of exceptions and in lines of the log.
"""

SECRETS = {
    "password": "correct-horse-battery",
    "mail": "ada.lovelace@example.com",
    "key": "platform-api-key-0815",
    "cookie": "cookie-of-somebody",
    "token": "calendar-token-4711",
    "query": "what-was-searched",
    "header": "header-of-a-browser",
}
EVERYTHING = " ".join(SECRETS.values())
TASK = "tests.fail"
