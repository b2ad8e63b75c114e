-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE api_key_usage (
  tenant_id VARBINARY(26) NOT NULL,
  key_id    VARBINARY(26) NOT NULL,
  at        BIGINT NOT NULL,
  requests  BIGINT NOT NULL,
  read_ok   BIGINT NOT NULL,
  write_ok  BIGINT NOT NULL,
  refused   BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, key_id, at),
  KEY api_key_usage_at (at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE api_key_usage;
