"""The Jupyter Sessions server."""
