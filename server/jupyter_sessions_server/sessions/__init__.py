"""The domain: sessions and the kernels they use. No gRPC, no SQL, no ZMQ."""
