-- +goose Up
ALTER TABLE conflicts ADD COLUMN policy_id TEXT NOT NULL DEFAULT '';
ALTER TABLE conflicts ADD COLUMN base_metadata BLOB;
ALTER TABLE conflicts ADD COLUMN current_metadata BLOB;
ALTER TABLE conflicts ADD COLUMN current_tags BLOB;
ALTER TABLE conflicts ADD COLUMN current_expires INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conflicts ADD COLUMN current_priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conflicts ADD COLUMN incoming_expires INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conflicts ADD COLUMN incoming_priority INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conflicts ADD COLUMN reopened INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conflicts ADD COLUMN fields BLOB;
ALTER TABLE conflicts ADD COLUMN suggestion BLOB;
DROP INDEX conflicts_queue;
CREATE INDEX conflicts_queue ON conflicts (tenant_id, status, id, kind, strategy, owner, incoming_instance, resolved_by, collection, item_key);

-- +goose Down
DROP INDEX conflicts_queue;
CREATE INDEX conflicts_queue ON conflicts (tenant_id, status, id);
ALTER TABLE conflicts DROP COLUMN policy_id;
ALTER TABLE conflicts DROP COLUMN base_metadata;
ALTER TABLE conflicts DROP COLUMN current_metadata;
ALTER TABLE conflicts DROP COLUMN current_tags;
ALTER TABLE conflicts DROP COLUMN current_expires;
ALTER TABLE conflicts DROP COLUMN current_priority;
ALTER TABLE conflicts DROP COLUMN incoming_expires;
ALTER TABLE conflicts DROP COLUMN incoming_priority;
ALTER TABLE conflicts DROP COLUMN reopened;
ALTER TABLE conflicts DROP COLUMN fields;
ALTER TABLE conflicts DROP COLUMN suggestion;
