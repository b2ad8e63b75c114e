-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE sessions (
  token      VARBINARY(64) NOT NULL,
  data       BLOB NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (token),
  KEY sessions_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE sessions;
