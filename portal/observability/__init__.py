"""What goes wrong, told to Sentry (SENTRY_DSN), and where time goes, told to a collector (OTEL_EXPORTER_OTLP_ENDPOINT).

`processes` begins either in web processes, workers and the scheduler, after they were forked. Where a setting is empty
nothing of it is imported: `errors` has Sentry's SDK, `traces` OpenTelemetry's.

Both go to others, so both tell what is listed there and nothing else: where in the code, which route or task, which
request (`logs.request_id`); never what somebody has typed, nor an address that lets somebody in. What an exception said
is in the log alone, under the same id. Nothing waits for either, and where they do not answer, it is lost.
"""
