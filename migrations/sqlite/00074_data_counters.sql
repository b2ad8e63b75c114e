-- +goose Up
CREATE TABLE data_counters (
  tenant_id TEXT NOT NULL,
  table_id  TEXT NOT NULL,
  field_id  TEXT NOT NULL,
  counted   INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, table_id, field_id),
  FOREIGN KEY (tenant_id, table_id) REFERENCES data_tables (tenant_id, id)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE data_counters;
