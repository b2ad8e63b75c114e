-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE audit_heads (
  tenant_id    VARBINARY(26) NOT NULL,
  seq          BIGINT NOT NULL,
  hash         VARBINARY(32) NULL,
  older        BIGINT NOT NULL DEFAULT 0,
  older_hash   VARBINARY(32) NULL,
  older_cut    BIGINT NOT NULL DEFAULT 0,
  cut_seq      BIGINT NOT NULL DEFAULT 0,
  cut_hash     VARBINARY(32) NULL,
  suspect      BIGINT NOT NULL DEFAULT 0,
  mac          VARBINARY(32) NULL,
  PRIMARY KEY (tenant_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE audit_heads;
