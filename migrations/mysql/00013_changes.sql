-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE changes (
  tenant_id   VARBINARY(26) NOT NULL,
  seq         BIGINT NOT NULL,
  item_id     VARBINARY(26) NOT NULL,
  owner       VARBINARY(128) NOT NULL,
  collection  VARBINARY(64) NOT NULL,
  item_key    VARBINARY(512) NOT NULL,
  op          TINYINT NOT NULL DEFAULT 0,
  version     BIGINT NOT NULL,
  base        BIGINT NOT NULL,
  prev_seq    BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  value       MEDIUMBLOB NULL,
  metadata    MEDIUMBLOB NULL,
  timestamp   BIGINT NOT NULL,
  hlc         BIGINT NOT NULL,
  size        BIGINT NOT NULL,
  compression VARBINARY(16) NOT NULL,
  tags        BLOB NULL,
  expires_at  BIGINT NOT NULL,
  priority    BIGINT NOT NULL,
  instance    VARBINARY(128) NOT NULL,
  op_id       VARBINARY(64) NOT NULL,
  client_op   TINYINT NOT NULL DEFAULT 0,
  tx          VARBINARY(64) NOT NULL,
  tx_last     TINYINT NOT NULL DEFAULT 1,
  actor       VARBINARY(160) NOT NULL,
  door        TINYINT NOT NULL DEFAULT 0,
  address     VARBINARY(64) NOT NULL,
  request_id  VARBINARY(64) NOT NULL,
  PRIMARY KEY (tenant_id, seq),
  KEY changes_owner (tenant_id, owner, seq)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE changes;
