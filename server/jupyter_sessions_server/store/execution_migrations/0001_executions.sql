-- Executions, and the kernels that are forgotten but whose outputs are still kept.

CREATE TABLE execution (                     -- one row per piece of code that was run or is to be run
    ordinal       INTEGER NOT NULL PRIMARY KEY,        -- the order in which they were taken on
    execution_id  TEXT    NOT NULL UNIQUE,
    kernel_id     TEXT    NOT NULL,
    owner         TEXT    NOT NULL,
    state         TEXT    NOT NULL,                    -- as in the record
    finished      INTEGER NOT NULL CHECK (finished IN (0, 1)),
    request_id    TEXT,                                -- NULL: it has none
    fingerprint   TEXT    NOT NULL,                    -- tells a retry from another request
    record        TEXT    NOT NULL CHECK (json_valid(record)),  -- all of it, an object
    UNIQUE (owner, request_id)
) STRICT;

CREATE INDEX execution_kernel_id ON execution (kernel_id, ordinal);
CREATE INDEX execution_unfinished ON execution (ordinal) WHERE finished = 0;

CREATE TABLE ended_kernel (                  -- one row per forgotten kernel whose journal is still there
    kernel_id  TEXT    NOT NULL PRIMARY KEY,
    owner      TEXT    NOT NULL,
    ended_ms   INTEGER NOT NULL                        -- when it was forgotten: Unix time, UTC
) STRICT;

CREATE INDEX ended_kernel_ended_ms ON ended_kernel (ended_ms);
