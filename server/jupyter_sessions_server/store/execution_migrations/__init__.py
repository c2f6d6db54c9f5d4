"""The history of the schema of executions, numbered like that of sessions."""
