-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE accounts ADD COLUMN installation TINYINT NOT NULL DEFAULT 1, ADD COLUMN verified_at BIGINT NOT NULL DEFAULT 1, ADD COLUMN avatar MEDIUMBLOB, ADD COLUMN totp_secret VARBINARY(255), ADD COLUMN totp_at BIGINT NOT NULL DEFAULT 0, ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0, RENAME INDEX admins_email TO accounts_email;

-- +goose Down
ALTER TABLE accounts RENAME INDEX accounts_email TO admins_email, DROP COLUMN installation, DROP COLUMN verified_at, DROP COLUMN avatar, DROP COLUMN totp_secret, DROP COLUMN totp_at, DROP COLUMN totp_step;
