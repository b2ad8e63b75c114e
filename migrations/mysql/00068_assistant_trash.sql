-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE assistants ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE assistants DROP COLUMN deleted_at;
