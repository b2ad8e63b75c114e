-- +goose NO TRANSACTION
-- +goose Up
RENAME TABLE admins TO accounts;

-- +goose Down
RENAME TABLE accounts TO admins;
