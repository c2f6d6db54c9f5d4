-- Each index is one more page to write with each change. Neither of these is worth it: what has changed
-- since a revision is found through the change table, and old requests are deleted once in a thousand.

DROP INDEX session_revision;
DROP INDEX request_created_ms;
