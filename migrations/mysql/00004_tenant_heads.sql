-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE tenant_heads (
  tenant_id VARBINARY(26) NOT NULL,
  seq       BIGINT NOT NULL,
  floor     BIGINT NOT NULL,
  compacted BIGINT NOT NULL DEFAULT 0,
  purges    BIGINT NOT NULL DEFAULT 0,
  epoch     VARBINARY(26) NOT NULL,
  PRIMARY KEY (tenant_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE tenant_heads;
