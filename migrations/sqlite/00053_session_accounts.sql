-- +goose Up
DROP INDEX sessions_admin;
ALTER TABLE sessions RENAME COLUMN admin_id TO account_id;
CREATE INDEX sessions_account ON sessions (account_id);

-- +goose Down
DROP INDEX sessions_account;
ALTER TABLE sessions RENAME COLUMN account_id TO admin_id;
CREATE INDEX sessions_admin ON sessions (admin_id);
