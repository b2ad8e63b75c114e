-- +goose Up
CREATE TABLE purged_versions (
  tenant_id TEXT NOT NULL,
  bucket    INTEGER NOT NULL,
  version   INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, bucket)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE purged_versions;
