-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE item_tags (
  tenant_id  VARBINARY(26) NOT NULL,
  owner      VARBINARY(128) NOT NULL,
  tag        VARBINARY(64) NOT NULL,
  collection VARBINARY(64) NOT NULL,
  item_key   VARBINARY(512) NOT NULL,
  PRIMARY KEY (tenant_id, owner, tag, collection, item_key)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE item_tags;
