-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE data_keys (
  id            BIGINT NOT NULL,
  sealed_secret BLOB NOT NULL,
  created_at    BIGINT NOT NULL,
  active_at     BIGINT NOT NULL,
  retired_at    BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE data_keys;
