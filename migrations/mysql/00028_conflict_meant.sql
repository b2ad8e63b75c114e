-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE conflicts
  ADD COLUMN meant MEDIUMBLOB,
  DROP KEY conflicts_queue,
  ADD KEY conflicts_queue (tenant_id, status, id, kind, strategy, owner, incoming_instance, resolved_by, collection, item_key, winner, resolved_at, reopened);

-- +goose Down
ALTER TABLE conflicts
  DROP COLUMN meant,
  DROP KEY conflicts_queue,
  ADD KEY conflicts_queue (tenant_id, status, id, kind, strategy, owner, incoming_instance, resolved_by, collection, item_key);
