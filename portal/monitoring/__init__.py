"""What watches over the portal asks: `/healthz`, `/readyz`, `/metrics`; and `manage.py doctor` (the room `doctor`).

`/healthz`: this process answers (200, always); what a load balancer asks. `/readyz`: everything behind it works (200,
or 503 and JSON that names what does not): database, Redis of snapshots and of messages, the oldest undone change (10
minutes), sweeper and follower (60 s); for alarms, not to take web servers away, since pages come without Redis. All
three are answered before anything looks at host, session or database (`monitoring.access`). `/metrics`: Prometheus
text. Both exist only for who brings `METRICS_TOKEN` (`Authorization: Bearer …`), or asks directly, without a proxy's
headers, from `METRICS_NETWORKS` (loopback by default); 404 for everybody else, staff included. They name no customer,
key or address. Neither is redirected to HTTPS.
"""
