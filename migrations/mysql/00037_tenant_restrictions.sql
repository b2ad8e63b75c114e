-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE tenants ADD COLUMN restrictions BLOB;

-- +goose Down
ALTER TABLE tenants DROP COLUMN restrictions;
