-- +goose Up
ALTER TABLE audit_entries ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_entries ADD COLUMN door TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_entries ADD COLUMN chain_seq INTEGER;
ALTER TABLE audit_entries ADD COLUMN hash BLOB;
CREATE UNIQUE INDEX audit_chain ON audit_entries (tenant_id, chain_seq);

-- +goose Down
DROP INDEX audit_chain;
ALTER TABLE audit_entries DROP COLUMN user_agent;
ALTER TABLE audit_entries DROP COLUMN door;
ALTER TABLE audit_entries DROP COLUMN chain_seq;
ALTER TABLE audit_entries DROP COLUMN hash;
