-- +goose Up
ALTER TABLE api_keys ADD COLUMN rotation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_keys ADD COLUMN rotated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_keys ADD COLUMN former_hash BLOB;
ALTER TABLE api_keys ADD COLUMN former_last4 TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN former_until INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX api_keys_former ON api_keys (former_hash);

-- +goose Down
DROP INDEX api_keys_former;
ALTER TABLE api_keys DROP COLUMN rotation;
ALTER TABLE api_keys DROP COLUMN rotated_at;
ALTER TABLE api_keys DROP COLUMN former_hash;
ALTER TABLE api_keys DROP COLUMN former_last4;
ALTER TABLE api_keys DROP COLUMN former_until;
