-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE ops (
  tenant_id    VARBINARY(26) NOT NULL,
  user_id      VARBINARY(128) NOT NULL,
  sender       VARBINARY(192) NOT NULL,
  op_id        VARBINARY(64) NOT NULL,
  request_hash BINARY(16) NOT NULL,
  outcome      BLOB NOT NULL,
  at           BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, user_id, sender, op_id),
  KEY ops_at (at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE ops;
