-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE api_keys ADD COLUMN warned_until BIGINT NOT NULL DEFAULT 0, ADD COLUMN warned_stage BIGINT NOT NULL DEFAULT 0, ADD COLUMN warned_made BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE api_keys DROP COLUMN warned_until, DROP COLUMN warned_stage, DROP COLUMN warned_made;
