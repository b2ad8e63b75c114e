-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE recovery_codes (
  account_id VARBINARY(26) NOT NULL,
  hash       VARBINARY(32) NOT NULL,
  PRIMARY KEY (account_id, hash)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE recovery_codes;
