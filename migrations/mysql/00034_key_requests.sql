-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE api_key_requests (
  tenant_id  VARBINARY(26) NOT NULL,
  key_id     VARBINARY(26) NOT NULL,
  day        BIGINT NOT NULL,
  shape      VARBINARY(32) NOT NULL,
  others     TINYINT NOT NULL,
  address    VARBINARY(64) NOT NULL,
  country    VARBINARY(2) NOT NULL,
  origin     VARBINARY(512) NOT NULL,
  user_agent VARBINARY(512) NOT NULL,
  door       TINYINT NOT NULL,
  permission VARBINARY(64) NOT NULL,
  all_users  TINYINT NOT NULL,
  code       VARBINARY(64) NOT NULL,
  requests   BIGINT NOT NULL,
  first_at   BIGINT NOT NULL,
  last_at    BIGINT NOT NULL,
  request_id VARBINARY(128) NOT NULL,
  PRIMARY KEY (tenant_id, key_id, day, shape),
  KEY api_key_requests_day (day)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

-- +goose Down
DROP TABLE api_key_requests;
