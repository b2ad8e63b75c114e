-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE assistant_uses (
  tenant_id VARBINARY(26) NOT NULL,
  day       BIGINT NOT NULL,
  requests  BIGINT NOT NULL,
  applied   BIGINT NOT NULL,
  suggested BIGINT NOT NULL,
  failed    BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, day)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE assistant_uses;
