-- +goose Up
ALTER TABLE tenants ADD COLUMN registration TEXT NOT NULL DEFAULT '';
ALTER TABLE tenants ADD COLUMN mfa_roles BLOB;

-- +goose Down
ALTER TABLE tenants DROP COLUMN registration;
ALTER TABLE tenants DROP COLUMN mfa_roles;
