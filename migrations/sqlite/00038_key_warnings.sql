-- +goose Up
ALTER TABLE api_keys ADD COLUMN warned_until INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_keys ADD COLUMN warned_stage INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_keys ADD COLUMN warned_made INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE api_keys DROP COLUMN warned_until;
ALTER TABLE api_keys DROP COLUMN warned_stage;
ALTER TABLE api_keys DROP COLUMN warned_made;
