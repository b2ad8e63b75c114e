-- +goose NO TRANSACTION
-- +goose Up
INSERT INTO reviews
SELECT id, tenant_id, owner, collection, item_key, incoming_instance, kind, 2, '', '', 0, '', 0
FROM conflicts WHERE status = 'open' AND id NOT IN (SELECT conflict_id FROM reviews);

-- +goose Down
DELETE FROM reviews;
