-- +goose Up
CREATE TABLE conflict_policies (
  id         TEXT NOT NULL,
  tenant_id  TEXT NOT NULL,
  collection TEXT NOT NULL,
  pattern    TEXT NOT NULL,
  path       TEXT NOT NULL,
  strategy   TEXT NOT NULL,
  fallback   TEXT NOT NULL,
  kind       TEXT NOT NULL,
  threshold  INTEGER NOT NULL,
  version    INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX conflict_policies_for ON conflict_policies (tenant_id, collection, pattern, path);

-- +goose Down
DROP TABLE conflict_policies;
