-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE api_keys ADD COLUMN rotation BIGINT NOT NULL DEFAULT 0, ADD COLUMN rotated_at BIGINT NOT NULL DEFAULT 0, ADD COLUMN former_hash VARBINARY(32), ADD COLUMN former_last4 VARCHAR(8) NOT NULL DEFAULT '', ADD COLUMN former_until BIGINT NOT NULL DEFAULT 0, ADD UNIQUE KEY api_keys_former (former_hash);

-- +goose Down
ALTER TABLE api_keys DROP KEY api_keys_former, DROP COLUMN rotation, DROP COLUMN rotated_at, DROP COLUMN former_hash, DROP COLUMN former_last4, DROP COLUMN former_until;
