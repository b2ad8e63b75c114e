-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE policy_dismissals (
  tenant_id  VARBINARY(26) NOT NULL,
  offer      VARBINARY(64) NOT NULL,
  actor      VARBINARY(160) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, offer)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE policy_dismissals;
