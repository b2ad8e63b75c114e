-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE tenant_heads (
  tenant_id      VARBINARY(26) NOT NULL,
  seq            BIGINT NOT NULL,
  floor          BIGINT NOT NULL,
  compacted      BIGINT NOT NULL DEFAULT 0,
  purges         BIGINT NOT NULL DEFAULT 0,
  epoch          VARBINARY(26) NOT NULL,
  items          BIGINT NOT NULL DEFAULT 0,
  bytes          BIGINT NOT NULL DEFAULT 0,
  users          BIGINT NOT NULL DEFAULT 0,
  max_items      BIGINT NOT NULL DEFAULT 0,
  max_bytes      BIGINT NOT NULL DEFAULT 0,
  max_user_bytes BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE tenant_heads;
