-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE audit_cuts (
  tenant_id VARBINARY(26) NOT NULL,
  from_seq  BIGINT NOT NULL,
  up_to     BIGINT NOT NULL,
  entries   BIGINT NOT NULL,
  hash      VARBINARY(32) NULL,
  at        BIGINT NOT NULL,
  mac       VARBINARY(32) NULL,
  PRIMARY KEY (tenant_id, from_seq)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE audit_cuts;
