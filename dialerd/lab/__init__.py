"""A real Asterisk and a simulated carrier on this machine: demo, rehearsal, tests, benchmarks."""
