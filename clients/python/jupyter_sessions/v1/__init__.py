"""Generated from protos/jupyter_sessions/v1; do not edit."""
