-- Sessions, the kernels they use, and the changes that were made to them.

CREATE TABLE revision_counter (              -- one row: the revision of the last change
    only_row    INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    value       INTEGER NOT NULL
) STRICT;

INSERT INTO revision_counter (only_row, value) VALUES (1, 0);

CREATE TABLE kernel (                        -- one row per kernel, dead or alive, that is not forgotten
    kernel_id         TEXT    NOT NULL PRIMARY KEY,
    kernel_name       TEXT    NOT NULL,              -- its kernelspec
    owner             TEXT    NOT NULL,
    cwd               TEXT    NOT NULL,              -- where its process is started
    env               TEXT    NOT NULL CHECK (json_valid(env)),  -- variables its starter gave, an object
    created_ms        INTEGER NOT NULL,              -- Unix time, UTC
    start_ms          INTEGER NOT NULL,              -- of its present or last process
    last_activity_ms  INTEGER NOT NULL,
    restarts          INTEGER NOT NULL,
    kept              INTEGER NOT NULL CHECK (kept IN (0, 1)),   -- 1: lives on without a session
    exit_cause        TEXT,                          -- NULL: it had a process when last heard of
    exit_ms           INTEGER,
    exit_code         INTEGER,
    exit_signal       INTEGER,
    stderr_tail       TEXT,
    CHECK ((exit_cause IS NULL) = (exit_ms IS NULL))
) STRICT;

CREATE TABLE session (                       -- one row per session
    session_id       TEXT    NOT NULL PRIMARY KEY,
    owner            TEXT    NOT NULL,
    path             TEXT    NOT NULL CHECK (path <> ''),  -- as it was given
    name             TEXT,                           -- NULL: none was given
    type             TEXT    NOT NULL CHECK (type <> ''),
    labels           TEXT    NOT NULL CHECK (json_valid(labels)),  -- an object of strings
    kernel_id        TEXT    NOT NULL REFERENCES kernel (kernel_id),
    revision         INTEGER NOT NULL,               -- of its last change
    create_revision  INTEGER NOT NULL UNIQUE,        -- of its creation, and so the order of lists
    created_ms       INTEGER NOT NULL,
    updated_ms       INTEGER NOT NULL,
    UNIQUE (owner, path)
) STRICT;

CREATE INDEX session_kernel_id ON session (kernel_id);
CREATE INDEX session_revision ON session (revision);

CREATE TABLE request (                       -- one row per creating request that named itself
    owner        TEXT    NOT NULL,
    request_id   TEXT    NOT NULL,
    fingerprint  TEXT    NOT NULL,                   -- tells a retry from another request
    session_id   TEXT    NOT NULL,                   -- what it created; may be deleted since
    created_ms   INTEGER NOT NULL,
    PRIMARY KEY (owner, request_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX request_created_ms ON request (created_ms);

CREATE TABLE change (                        -- one row per committed change, the newest kept
    revision    INTEGER NOT NULL PRIMARY KEY,
    kind        TEXT    NOT NULL CHECK (kind IN ('CREATED', 'UPDATED', 'DELETED')),
    session_id  TEXT    NOT NULL,
    owner       TEXT    NOT NULL,
    path        TEXT    NOT NULL                     -- after the change; of a deletion, before it
) STRICT;

-- The change is written where the session is, by the table itself: none can be forgotten, and one that
-- failed leaves none behind.
CREATE TRIGGER session_created AFTER INSERT ON session BEGIN
    INSERT INTO change (revision, kind, session_id, owner, path)
    VALUES (NEW.revision, 'CREATED', NEW.session_id, NEW.owner, NEW.path);
END;

CREATE TRIGGER session_updated AFTER UPDATE ON session BEGIN
    INSERT INTO change (revision, kind, session_id, owner, path)
    VALUES (NEW.revision, 'UPDATED', NEW.session_id, NEW.owner, NEW.path);
END;

CREATE TRIGGER session_deleted AFTER DELETE ON session BEGIN
    INSERT INTO change (revision, kind, session_id, owner, path)
    VALUES ((SELECT value FROM revision_counter), 'DELETED', OLD.session_id, OLD.owner, OLD.path);
END;
