-- +goose Up
CREATE TABLE replaced_connections (
  node    TEXT NOT NULL,
  conn_id INTEGER NOT NULL,
  code    TEXT NOT NULL DEFAULT '',
  at      INTEGER NOT NULL,
  PRIMARY KEY (node, conn_id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE replaced_connections;
