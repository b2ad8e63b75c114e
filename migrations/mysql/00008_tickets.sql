-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE tickets (
  hash       BINARY(32) NOT NULL,
  tenant_id  VARBINARY(26) NOT NULL,
  caller     BLOB NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (hash),
  KEY tickets_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE tickets;
