-- +goose Up
CREATE TABLE audit_cuts (
  tenant_id TEXT NOT NULL,
  from_seq  INTEGER NOT NULL,
  up_to     INTEGER NOT NULL,
  entries   INTEGER NOT NULL,
  hash      BLOB,
  at        INTEGER NOT NULL,
  mac       BLOB,
  PRIMARY KEY (tenant_id, from_seq)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE audit_cuts;
