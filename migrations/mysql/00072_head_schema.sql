-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE tenant_heads ADD COLUMN schema_version BIGINT NOT NULL DEFAULT 1;

-- +goose Down
ALTER TABLE tenant_heads DROP COLUMN schema_version;
