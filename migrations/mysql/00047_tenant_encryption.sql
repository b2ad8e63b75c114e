-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE tenant_heads ADD COLUMN encryption VARBINARY(4096) NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE tenant_heads DROP COLUMN encryption;
