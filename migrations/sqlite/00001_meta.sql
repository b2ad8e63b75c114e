-- +goose Up
CREATE TABLE meta (
  name  TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (name)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE meta;
