-- +goose Up
CREATE TABLE tenants (
  id             TEXT NOT NULL,
  slug           TEXT NOT NULL,
  name           TEXT NOT NULL,
  suspended      INTEGER NOT NULL DEFAULT 0,
  strategy       TEXT NOT NULL,
  retention_days INTEGER NOT NULL DEFAULT 30,
  version        INTEGER NOT NULL DEFAULT 1,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  deleted_at     INTEGER NOT NULL DEFAULT 0,
  delete_job     TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tenants_slug ON tenants (slug);

-- +goose Down
DROP TABLE tenants;
