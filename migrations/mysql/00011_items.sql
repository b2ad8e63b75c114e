-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE items (
  id           VARBINARY(26) NOT NULL,
  tenant_id    VARBINARY(26) NOT NULL,
  owner        VARBINARY(128) NOT NULL,
  collection   VARBINARY(64) NOT NULL,
  item_key     VARBINARY(512) NOT NULL,
  value        MEDIUMBLOB NULL,
  metadata     MEDIUMBLOB NULL,
  version      BIGINT NOT NULL,
  timestamp    BIGINT NOT NULL,
  hlc          BIGINT NOT NULL,
  seq          BIGINT NOT NULL,
  instance     VARBINARY(128) NOT NULL,
  deleted      TINYINT NOT NULL DEFAULT 0,
  size         BIGINT NOT NULL,
  compression  VARBINARY(16) NOT NULL,
  tags         BLOB NULL,
  expires_at   BIGINT NULL,
  priority     BIGINT NOT NULL,
  modified_at  BIGINT NOT NULL,
  run_user     VARBINARY(128) NOT NULL,
  run_instance VARBINARY(128) NOT NULL,
  run_base     BIGINT NOT NULL,
  removed_at   BIGINT AS (IF(deleted = 1, timestamp, NULL)) VIRTUAL, -- so that a write leaves the index of tombstones alone
  PRIMARY KEY (tenant_id, owner, collection, item_key),
  KEY items_user_instance (tenant_id, owner, instance),
  KEY items_timestamp (tenant_id, removed_at),
  KEY items_expiry (expires_at),
  KEY items_priority (tenant_id, owner, priority)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE items;
