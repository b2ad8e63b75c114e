-- +goose Up
ALTER TABLE conflicts ADD COLUMN meant BLOB;
DROP INDEX conflicts_queue;
CREATE INDEX conflicts_queue ON conflicts (tenant_id, status, id, kind, strategy, owner, incoming_instance, resolved_by, collection, item_key, winner, resolved_at, reopened);

-- +goose Down
DROP INDEX conflicts_queue;
CREATE INDEX conflicts_queue ON conflicts (tenant_id, status, id, kind, strategy, owner, incoming_instance, resolved_by, collection, item_key);
ALTER TABLE conflicts DROP COLUMN meant;
