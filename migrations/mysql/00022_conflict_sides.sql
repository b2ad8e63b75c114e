-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE conflicts
  ADD COLUMN policy_id VARBINARY(26) NOT NULL DEFAULT '',
  ADD COLUMN base_metadata MEDIUMBLOB,
  ADD COLUMN current_metadata MEDIUMBLOB,
  ADD COLUMN current_tags BLOB,
  ADD COLUMN current_expires BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN current_priority BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN incoming_expires BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN incoming_priority BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN reopened BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN fields BLOB,
  ADD COLUMN suggestion MEDIUMBLOB,
  DROP KEY conflicts_queue,
  ADD KEY conflicts_queue (tenant_id, status, id, kind, strategy, owner, incoming_instance, resolved_by, collection, item_key);

-- +goose Down
ALTER TABLE conflicts
  DROP COLUMN policy_id,
  DROP COLUMN base_metadata,
  DROP COLUMN current_metadata,
  DROP COLUMN current_tags,
  DROP COLUMN current_expires,
  DROP COLUMN current_priority,
  DROP COLUMN incoming_expires,
  DROP COLUMN incoming_priority,
  DROP COLUMN reopened,
  DROP COLUMN fields,
  DROP COLUMN suggestion,
  DROP KEY conflicts_queue,
  ADD KEY conflicts_queue (tenant_id, status, id);
