package store

import (
	"context"
	"strconv"

	"gorm.io/gorm"

	"tidemark/internal/fault"
	"tidemark/models"
)

// AddJobPart appends a part of the file that a held job is to read. Parts count from 0;
// one that is there already, as when a browser sends it again, is left as it is.
func (s *Store) AddJobPart(ctx context.Context, tenantID, id string, n int64, body []byte) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		p, err := s.sealingIn(tx, tenantID)
		if err != nil {
			return err
		}
		j, err := scanOne(tx, scanJob, jobSelect+" WHERE tenant_id = ? AND id = ?"+s.dialect.forUpdate, tenantID, id)
		if err != nil {
			return err
		}
		if j.Status != models.JobHeld {
			return fault.New(fault.AlreadyResolved, "This file is being read already; nothing more can be added to it.")
		}
		var parts int64
		if err := tx.Raw("SELECT COUNT(*) FROM job_parts WHERE job_id = ?", id).Row().Scan(&parts); err != nil {
			return err
		}
		if n < parts {
			return nil
		}
		if n > parts {
			return fault.OfField("part", "order", "must be the next one: %d.", parts)
		}
		return tx.Exec("INSERT INTO job_parts (job_id, n, tenant_id, body) VALUES (?,?,?,?)", id, n, tenantID, p.bytes(body, "job_parts", partName(id, n), "body")).Error
	})
}

// PutJobPart keeps a part that a job makes of its own work, in place of one that is there.
func (s *Store) PutJobPart(ctx context.Context, tenantID, id string, n int64, body []byte) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		p, err := s.sealingIn(tx, tenantID)
		if err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM job_parts WHERE job_id = ? AND n = ? AND tenant_id = ?", id, n, tenantID).Error; err != nil {
			return err
		}
		return tx.Exec("INSERT INTO job_parts (job_id, n, tenant_id, body) VALUES (?,?,?,?)", id, n, tenantID, p.bytes(body, "job_parts", partName(id, n), "body")).Error
	})
}

func partName(jobID string, n int64) string { return jobID + "/" + strconv.FormatInt(n, 10) }

// JobPart reads a part of a job's file; beyond the last it is `not_found`.
func (s *Store) JobPart(ctx context.Context, tenantID, id string, n int64) ([]byte, error) {
	body, err := scanOne(s.read(ctx), func(row scanner, b *[]byte) error { return row.Scan(b) },
		"SELECT body FROM job_parts WHERE job_id = ? AND n = ? AND tenant_id = ?", id, n, tenantID)
	if err == nil {
		_, err = s.reveal(&body, tenantID, "job_parts", partName(id, n), "body")
	}
	return body, s.fault(err)
}

// JobParts counts the parts of a job's file and their bytes.
func (s *Store) JobParts(ctx context.Context, tenantID, id string) (parts, bytes int64, err error) {
	err = s.read(ctx).Raw("SELECT COUNT(*), COALESCE(SUM(LENGTH(body)), 0) FROM job_parts WHERE job_id = ? AND tenant_id = ?", id, tenantID).Row().Scan(&parts, &bytes)
	return parts, bytes, s.fault(err)
}

// DropJobParts deletes the file of a job that needs it no more.
func (s *Store) DropJobParts(ctx context.Context, tenantID, id string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM job_parts WHERE job_id = ? AND tenant_id = ?", id, tenantID).Error
	})
}

// RemovalsBy reads the removals that were logged under a request's id, without what they removed, oldest first:
// those above a sequence number, up to another.
func (s *Store) RemovalsBy(ctx context.Context, tenantID, requestID string, after, upTo int64, limit int) ([]models.Change, error) {
	out, err := scanAll(s.read(ctx), func(row scanner, c *models.Change) error {
		return row.Scan(&c.Seq, &c.Owner, &c.Collection, &c.Key, &c.Version, &c.PrevSeq)
	}, `SELECT seq, owner, collection, item_key, version, prev_seq FROM changes
WHERE tenant_id = ? AND seq > ? AND seq <= ? AND op = ? AND request_id = ? ORDER BY seq LIMIT ?`, tenantID, after, upTo, int64(models.ChangeRemove), requestID, limit)
	return out, s.fault(err)
}
