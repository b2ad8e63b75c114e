-- +goose Up
UPDATE reviews SET assignee = 'account:' || substr(assignee, 7) WHERE assignee LIKE 'admin:%';

-- +goose Down
UPDATE reviews SET assignee = 'admin:' || substr(assignee, 9) WHERE assignee LIKE 'account:%';
