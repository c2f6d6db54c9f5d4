"""The gRPC edge: checks requests, calls the domain, converts answers, maps errors."""
