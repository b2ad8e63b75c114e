-- +goose Up
CREATE TABLE revisions (
  id INTEGER NOT NULL,
  n  INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE revisions;
