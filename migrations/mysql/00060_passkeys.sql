-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE passkeys (
  id           VARBINARY(1023) NOT NULL,
  account_id   VARBINARY(26) NOT NULL,
  name         VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  credential   MEDIUMBLOB NOT NULL,
  created_at   BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY passkeys_account (account_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE passkeys;
