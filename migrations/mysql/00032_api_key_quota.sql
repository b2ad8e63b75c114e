-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE api_key_quota (
  tenant_id VARBINARY(26) NOT NULL,
  key_id    VARBINARY(26) NOT NULL,
  span      VARCHAR(6) NOT NULL,
  began     BIGINT NOT NULL,
  used      BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, key_id, span)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE api_key_quota;
