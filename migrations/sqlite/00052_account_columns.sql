-- +goose Up
ALTER TABLE accounts ADD COLUMN installation INTEGER NOT NULL DEFAULT 1;
ALTER TABLE accounts ADD COLUMN verified_at INTEGER NOT NULL DEFAULT 1;
ALTER TABLE accounts ADD COLUMN avatar BLOB;
ALTER TABLE accounts ADD COLUMN totp_secret BLOB;
ALTER TABLE accounts ADD COLUMN totp_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;
DROP INDEX admins_email;
CREATE UNIQUE INDEX accounts_email ON accounts (email);

-- +goose Down
DROP INDEX accounts_email;
CREATE UNIQUE INDEX admins_email ON accounts (email);
ALTER TABLE accounts DROP COLUMN installation;
ALTER TABLE accounts DROP COLUMN verified_at;
ALTER TABLE accounts DROP COLUMN avatar;
ALTER TABLE accounts DROP COLUMN totp_secret;
ALTER TABLE accounts DROP COLUMN totp_at;
ALTER TABLE accounts DROP COLUMN totp_step;
