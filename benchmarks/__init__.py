"""Measures the server beside its peers: `make bench` runs it, docs/benchmarks.md explains it."""
