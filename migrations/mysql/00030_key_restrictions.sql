-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE api_keys ADD COLUMN restrictions BLOB;

-- +goose Down
ALTER TABLE api_keys DROP COLUMN restrictions;
