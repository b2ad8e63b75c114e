-- +goose Up
CREATE TABLE data_tables (
  tenant_id  TEXT NOT NULL REFERENCES tenants (id),
  id         TEXT NOT NULL,
  name       TEXT NOT NULL,
  collection TEXT NOT NULL,
  label      TEXT NOT NULL,
  about      TEXT NOT NULL,
  icon       TEXT NOT NULL,
  lead       TEXT NOT NULL,
  owned      INTEGER NOT NULL DEFAULT 0,
  revision   INTEGER NOT NULL,
  since      INTEGER NOT NULL,
  version    INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL DEFAULT 0,
  trash      TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX data_tables_name ON data_tables (tenant_id, name, trash);
CREATE UNIQUE INDEX data_tables_collection ON data_tables (tenant_id, collection);

-- +goose Down
DROP TABLE data_tables;
