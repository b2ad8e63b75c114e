-- +goose Up
CREATE TABLE audit_entries (
  id         TEXT NOT NULL,
  tenant_id  TEXT NOT NULL,
  actor      TEXT NOT NULL,
  action     TEXT NOT NULL,
  object     TEXT NOT NULL,
  address    TEXT NOT NULL,
  request_id TEXT NOT NULL,
  at         INTEGER NOT NULL,
  detail     BLOB,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_tenant ON audit_entries (tenant_id, id);

-- +goose Down
DROP TABLE audit_entries;
