-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE identities (
  issuer       VARBINARY(255) NOT NULL,
  subject      VARBINARY(255) NOT NULL,
  account_id   VARBINARY(26) NOT NULL,
  provider     VARBINARY(64) NOT NULL,
  email        VARBINARY(254) NOT NULL,
  created_at   BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (issuer, subject),
  KEY identities_account (account_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE identities;
