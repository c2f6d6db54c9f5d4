"""Code that ends its kernel as a bug in a C extension does, and leaves last words."""

CRASH = "import ctypes, faulthandler; faulthandler.enable(all_threads=False); ctypes.string_at(0)"
