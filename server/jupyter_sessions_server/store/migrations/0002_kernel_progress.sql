-- How far a kernel's journal has been applied, and what its state was there: a server that starts goes
-- on from that place.

ALTER TABLE kernel ADD COLUMN next_seq INTEGER NOT NULL DEFAULT 0;  -- the first record that is not applied
ALTER TABLE kernel ADD COLUMN busy INTEGER NOT NULL DEFAULT 0 CHECK (busy IN (0, 1));
ALTER TABLE kernel ADD COLUMN start_mode TEXT NOT NULL DEFAULT 'COLD' CHECK (start_mode IN ('COLD', 'WARM'));
ALTER TABLE kernel ADD COLUMN cold_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE kernel ADD COLUMN ready_after_ms INTEGER;       -- NULL: it had not answered yet
