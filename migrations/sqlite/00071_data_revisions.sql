-- +goose Up
CREATE TABLE data_revisions (
  tenant_id      TEXT NOT NULL,
  table_id       TEXT NOT NULL,
  revision       INTEGER NOT NULL,
  schema_version INTEGER NOT NULL,
  fields         BLOB NOT NULL,
  steps          BLOB NOT NULL,
  note           TEXT NOT NULL,
  actor          TEXT NOT NULL,
  at             INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, table_id, revision),
  FOREIGN KEY (tenant_id, table_id) REFERENCES data_tables (tenant_id, id)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE data_revisions;
