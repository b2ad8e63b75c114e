-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE tenants ADD COLUMN registration VARBINARY(64) NOT NULL DEFAULT '', ADD COLUMN mfa_roles MEDIUMBLOB;

-- +goose Down
ALTER TABLE tenants DROP COLUMN registration, DROP COLUMN mfa_roles;
