-- +goose Up
ALTER TABLE instances ADD COLUMN schema_version INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE instances DROP COLUMN schema_version;
