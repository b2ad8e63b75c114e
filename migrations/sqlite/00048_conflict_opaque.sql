-- +goose Up
ALTER TABLE conflicts ADD COLUMN opaque INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE conflicts DROP COLUMN opaque;
