"""What `make` runs, and what the demo, the tests and the benchmark share: starting the portal's processes."""
