-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE sessions (
  token      VARBINARY(64) NOT NULL,
  admin_id   VARBINARY(26) NOT NULL,
  data       BLOB NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  address    VARBINARY(64) NOT NULL,
  user_agent VARBINARY(512) NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (token),
  KEY sessions_expiry (expires_at),
  KEY sessions_admin (admin_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE sessions;
