package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"tidemark/models"
)

const (
	requestRows    = 200 // per statement
	requestColumns = 17
	shapeBytes     = 16 // of a shape's digest
)

// NoteKeyRequests adds requests to those that this node or others noted of the same shape and day.
func (s *Store) NoteKeyRequests(ctx context.Context, requests []models.KeyRequest) error {
	if len(requests) == 0 {
		return nil
	}
	rows := make([]requestRow, 0, len(requests))
	for _, r := range requests {
		rows = append(rows, requestRow{r, digestOf(r.KeyShape)})
	}
	slices.SortFunc(rows, func(a, b requestRow) int { // all nodes lock in one order
		return cmp.Or(cmp.Compare(a.TenantID, b.TenantID), cmp.Compare(a.KeyID, b.KeyID), cmp.Compare(a.Day, b.Day), cmp.Compare(a.digest, b.digest))
	})
	return s.write(ctx, func(tx *gorm.DB) error {
		for some := range slices.Chunk(rows, requestRows) {
			if err := s.addRequests(tx, some); err != nil {
				return err
			}
		}
		return nil
	})
}

// requestRow is requests with what names their shape.
type requestRow struct {
	models.KeyRequest
	digest string
}

// digestOf names a shape in few bytes.
func digestOf(s models.KeyShape) string {
	var b strings.Builder
	for _, part := range []string{
		s.Address, s.Origin, s.UserAgent, s.Door.String(), s.Permission, s.Code, strconv.FormatBool(s.AllUsers), strconv.FormatBool(s.Others),
	} {
		b.WriteString(strconv.Itoa(len(part)))
		b.WriteByte(':')
		b.WriteString(part)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:shapeBytes])
}

func (s *Store) addRequests(tx *gorm.DB, rows []requestRow) error {
	args := make([]any, 0, requestColumns*len(rows))
	for i := range rows {
		r := &rows[i]
		args = append(args, r.TenantID, r.KeyID, r.Day, r.digest, asInt(r.Others), r.Address, r.Country, r.Origin, r.UserAgent,
			int(r.Door), r.Permission, asInt(r.AllUsers), r.Code, r.Count, r.First, r.Last, r.RequestID)
	}
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", requestColumns), ",") + "),"
	values := strings.TrimSuffix(strings.Repeat(one, len(rows)), ",")
	return tx.Exec(`INSERT INTO api_key_requests (tenant_id, key_id, day, shape, others, address, country, origin, user_agent, door, permission, all_users, code,
requests, first_at, last_at, request_id) VALUES `+values+s.addingRequests(), args...).Error
}

// addingRequests adds up what is there already; what is told of the last request comes before when that was.
func (s *Store) addingRequests() string {
	if s.dialect.name == "mysql" {
		return ` ON DUPLICATE KEY UPDATE requests = requests + VALUES(requests), country = VALUES(country),
request_id = IF(VALUES(last_at) >= last_at, VALUES(request_id), request_id),
first_at = LEAST(first_at, VALUES(first_at)), last_at = GREATEST(last_at, VALUES(last_at))`
	}
	return ` ON CONFLICT (tenant_id, key_id, day, shape) DO UPDATE SET requests = requests + excluded.requests, country = excluded.country,
request_id = CASE WHEN excluded.last_at >= last_at THEN excluded.request_id ELSE request_id END,
first_at = MIN(first_at, excluded.first_at), last_at = MAX(last_at, excluded.last_at)`
}

func scanRequest(row scanner, r *models.KeyRequest) error {
	return row.Scan(&r.TenantID, &r.KeyID, &r.Day, &r.Shape, &r.Others, &r.Address, &r.Country, &r.Origin, &r.UserAgent, &r.Door, &r.Permission,
		&r.AllUsers, &r.Code, &r.Count, &r.First, &r.Last, &r.RequestID)
}

// KeyRequests reads at most limit kinds of requests that were made with a tenant's key on days from one on (ms), those asked last first.
func (s *Store) KeyRequests(ctx context.Context, tenantID, id string, from int64, limit int) ([]models.KeyRequest, error) {
	out, err := scanAll(s.read(ctx), scanRequest, `SELECT tenant_id, key_id, day, shape, others, address, country, origin, user_agent, door, permission, all_users, code,
requests, first_at, last_at, request_id FROM api_key_requests WHERE tenant_id = ? AND key_id = ? AND day >= ? ORDER BY last_at DESC, shape LIMIT ?`,
		tenantID, id, from, limit)
	return out, s.fault(err)
}

// CountryCount is how many requests came from a country; an empty code: from where nobody knows.
type CountryCount struct {
	Code     string
	Requests int64
	Refused  int64 // of them, with any fault
}

// KeyCountries counts the requests made with a tenant's key on days from one on (ms) by their country, most first.
func (s *Store) KeyCountries(ctx context.Context, tenantID, id string, from int64) ([]CountryCount, error) {
	out, err := scanAll(s.read(ctx), func(row scanner, c *CountryCount) error { return row.Scan(&c.Code, &c.Requests, &c.Refused) },
		`SELECT country, SUM(requests), SUM(CASE WHEN code = '' THEN 0 ELSE requests END) FROM api_key_requests
WHERE tenant_id = ? AND key_id = ? AND day >= ? GROUP BY country ORDER BY SUM(requests) DESC, country`, tenantID, id, from)
	return out, s.fault(err)
}

// SweepKeyRequests removes what was noted of days before one (ms).
func (s *Store) SweepKeyRequests(ctx context.Context, before int64) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		return tx.Exec("DELETE FROM api_key_requests WHERE day < ?", before).Error
	})
}
