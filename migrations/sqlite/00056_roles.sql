-- +goose Up
CREATE TABLE roles (
  tenant_id  TEXT NOT NULL,
  name       TEXT NOT NULL,
  title      TEXT NOT NULL,
  grants     BLOB NOT NULL,
  fields     BLOB NOT NULL,
  mfa        INTEGER NOT NULL DEFAULT 0,
  version    INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE roles;
