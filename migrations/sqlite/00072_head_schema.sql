-- +goose Up
ALTER TABLE tenant_heads ADD COLUMN schema_version INTEGER NOT NULL DEFAULT 1;

-- +goose Down
ALTER TABLE tenant_heads DROP COLUMN schema_version;
