-- +goose Up
CREATE TABLE data_fields (
  tenant_id  TEXT NOT NULL,
  table_id   TEXT NOT NULL,
  id         TEXT NOT NULL,
  place      INTEGER NOT NULL,
  name       TEXT NOT NULL,
  label      TEXT NOT NULL,
  help       TEXT NOT NULL,
  type       TEXT NOT NULL,
  options    BLOB,
  required   INTEGER NOT NULL DEFAULT 0,
  is_unique  INTEGER NOT NULL DEFAULT 0,
  indexed    INTEGER NOT NULL DEFAULT 0,
  initial    BLOB,
  deprecated INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, table_id, id),
  FOREIGN KEY (tenant_id, table_id) REFERENCES data_tables (tenant_id, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX data_fields_name ON data_fields (tenant_id, table_id, name);

-- +goose Down
DROP TABLE data_fields;
