"""Kernels as processes: kernelspecs, sockets, journals, and the host that runs them."""
