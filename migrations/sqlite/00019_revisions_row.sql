-- +goose Up
INSERT OR IGNORE INTO revisions (id, n) VALUES (1, 1);

-- +goose Down
DELETE FROM revisions WHERE id = 1;
