-- +goose Up
ALTER TABLE conflict_policies ADD COLUMN deleted_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conflict_policies ADD COLUMN trash TEXT NOT NULL DEFAULT '';
DROP INDEX conflict_policies_for;
CREATE UNIQUE INDEX conflict_policies_for ON conflict_policies (tenant_id, collection, pattern, path, trash);

-- +goose Down
DELETE FROM conflict_policies WHERE deleted_at <> 0;
DROP INDEX conflict_policies_for;
ALTER TABLE conflict_policies DROP COLUMN trash;
ALTER TABLE conflict_policies DROP COLUMN deleted_at;
CREATE UNIQUE INDEX conflict_policies_for ON conflict_policies (tenant_id, collection, pattern, path);
