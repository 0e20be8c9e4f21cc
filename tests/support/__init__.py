"""What the tests stand on: real Redis, sandbox, portal processes and browser."""
