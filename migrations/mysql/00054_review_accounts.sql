-- +goose NO TRANSACTION
-- +goose Up
UPDATE reviews SET assignee = CONCAT('account:', SUBSTRING(assignee, 7)) WHERE assignee LIKE 'admin:%';

-- +goose Down
UPDATE reviews SET assignee = CONCAT('admin:', SUBSTRING(assignee, 9)) WHERE assignee LIKE 'account:%';
