-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE conflict_policies
  ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN trash VARBINARY(26) NOT NULL DEFAULT '',
  DROP KEY conflict_policies_for,
  ADD UNIQUE KEY conflict_policies_for (tenant_id, collection, pattern, path, trash);

-- +goose Down
ALTER TABLE conflict_policies
  DROP KEY conflict_policies_for,
  DROP COLUMN trash,
  DROP COLUMN deleted_at,
  ADD UNIQUE KEY conflict_policies_for (tenant_id, collection, pattern, path);
