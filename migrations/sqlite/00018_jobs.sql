-- +goose Up
CREATE TABLE jobs (
  id          TEXT NOT NULL,
  tenant_id   TEXT NOT NULL,
  kind        TEXT NOT NULL,
  status      TEXT NOT NULL,
  input       BLOB,
  state       BLOB,
  done        INTEGER NOT NULL DEFAULT 0,
  total       INTEGER NOT NULL DEFAULT 0,
  failed      INTEGER NOT NULL DEFAULT 0,
  error       TEXT NOT NULL,
  actor       TEXT NOT NULL,
  stopping    INTEGER NOT NULL DEFAULT 0,
  node        TEXT NOT NULL DEFAULT '',
  lease_until INTEGER NOT NULL DEFAULT 0,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_open ON jobs (status, id);
CREATE INDEX jobs_tenant ON jobs (tenant_id, id);
CREATE TABLE job_errors (
  job_id    TEXT NOT NULL,
  n         INTEGER NOT NULL,
  tenant_id TEXT NOT NULL,
  place     TEXT NOT NULL,
  owner     TEXT NOT NULL,
  item_key  TEXT NOT NULL,
  reason    TEXT NOT NULL,
  PRIMARY KEY (job_id, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE job_parts (
  job_id    TEXT NOT NULL,
  n         INTEGER NOT NULL,
  tenant_id TEXT NOT NULL,
  body      BLOB NOT NULL,
  PRIMARY KEY (job_id, n)
) STRICT;

-- +goose Down
DROP TABLE job_parts;
DROP TABLE job_errors;
DROP TABLE jobs;
