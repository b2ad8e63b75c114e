-- +goose Up
CREATE TABLE item_tags (
  tenant_id  TEXT NOT NULL,
  owner      TEXT NOT NULL,
  tag        TEXT NOT NULL,
  collection TEXT NOT NULL,
  item_key   TEXT NOT NULL,
  PRIMARY KEY (tenant_id, owner, tag, collection, item_key)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE item_tags;
