-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE sessions RENAME COLUMN admin_id TO account_id, RENAME INDEX sessions_admin TO sessions_account;

-- +goose Down
ALTER TABLE sessions RENAME COLUMN account_id TO admin_id, RENAME INDEX sessions_account TO sessions_admin;
