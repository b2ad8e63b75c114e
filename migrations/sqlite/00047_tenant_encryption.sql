-- +goose Up
ALTER TABLE tenant_heads ADD COLUMN encryption TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE tenant_heads DROP COLUMN encryption;
