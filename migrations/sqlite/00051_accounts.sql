-- +goose Up
ALTER TABLE admins RENAME TO accounts;

-- +goose Down
ALTER TABLE accounts RENAME TO admins;
