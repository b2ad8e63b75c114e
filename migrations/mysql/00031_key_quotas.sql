-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE api_keys ADD COLUMN quotas BLOB;

-- +goose Down
ALTER TABLE api_keys DROP COLUMN quotas;
