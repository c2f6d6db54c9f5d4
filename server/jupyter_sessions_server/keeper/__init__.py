"""The keeper: a small program of its own, the parent of kernels, that outlives the server."""
