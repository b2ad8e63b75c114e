package store

import (
	"context"
	"fmt"
	"strings"

	"tidemark/models"
)

// DeviceState is what a list of devices is narrowed to.
type DeviceState string

// The states of devices. One that lags is connected, and has not taken what is older than DeviceQuery.Behind says.
const (
	DevicesAll       DeviceState = ""
	DevicesConnected DeviceState = "connected"
	DevicesLagging   DeviceState = "lagging"
	DevicesAway      DeviceState = "away"
)

// DeviceSort is the order of a list of devices.
type DeviceSort string

// The orders of devices: the newest connection first, the furthest behind first, or by user and name.
const (
	DevicesRecent DeviceSort = ""
	DevicesBehind DeviceSort = "lag"
	DevicesByUser DeviceSort = "user"
)

// DeviceQuery asks for a page of a tenant's devices.
type DeviceQuery struct {
	TenantID string
	State    DeviceState
	User     string // exact; empty: all. A user's devices come by name
	Text     string // part of the name, user, platform, address or user agent
	Sort     DeviceSort
	Behind   int64 // a mark below it lags
	After    *DevicePlace
	Limit    int
}

// DevicePlace is where a page of devices ended: by what they are sorted by, user and name.
type DevicePlace struct {
	At   int64 // when it connected, or its mark
	User string
	ID   string
}

// DevicePage is a page of devices.
type DevicePage struct {
	Devices []models.Instance
	Next    *DevicePlace // where the next begins; nil: this is the last
	Partial bool         // not all that may fit were looked at: Next goes on
}

const deviceStretch = 2000 // devices looked at for one page, where no index knows which fit

// deviceOrder is how the devices of a query are found: by which index, and in which order.
type deviceOrder struct {
	index   string // empty: the primary key
	columns string
	down    bool
}

var deviceOrders = map[DeviceSort]deviceOrder{
	DevicesRecent: {index: "instances_recent", columns: "connected_at, user_id, instance_id", down: true},
	DevicesBehind: {index: "instances_behind", columns: "mark, user_id, instance_id"},
	DevicesByUser: {columns: "user_id, instance_id"},
}

func (q *DeviceQuery) order() deviceOrder {
	switch {
	case q.User != "":
		return deviceOrders[DevicesByUser]
	case q.State == DevicesLagging:
		return deviceOrders[DevicesBehind]
	}
	return deviceOrders[q.Sort]
}

// searches says whether devices must be looked at to know which fit.
func (q *DeviceQuery) searches() bool {
	return q.Text != "" || q.order().index == "" && q.State != DevicesAll && q.User == ""
}

// condition is a part of a statement with its values.
type condition struct {
	text strings.Builder
	args []any
}

func (c *condition) and(text string, args ...any) {
	if c.text.Len() > 0 {
		c.text.WriteString(" AND ")
	}
	c.text.WriteString(text)
	c.args = append(c.args, args...)
}

// from is the table and the tenant's devices in it, by the index of the order.
func (q *DeviceQuery) from(d *dialect) (string, *condition) {
	c, table := &condition{}, "instances"
	if index := q.order().index; index != "" {
		table += fmt.Sprintf(deviceHint[d.name], index)
	}
	c.and("tenant_id = ? AND forgotten_at = 0", q.TenantID)
	if q.User != "" {
		c.and("user_id = ?", q.User)
	}
	if q.After != nil {
		q.beyond(c, d, *q.After)
	}
	return table, c
}

var deviceHint = map[string]string{"sqlite": " INDEXED BY %s", "mysql": " FORCE INDEX (%s)"}

// beyond takes what comes after a place.
func (q *DeviceQuery) beyond(c *condition, d *dialect, p DevicePlace) {
	sign := ">"
	if q.order().down {
		sign = "<"
	}
	q.bound(c, d, p, sign, sign)
}

// until takes what comes before a place, and the place.
func (q *DeviceQuery) until(c *condition, d *dialect, p DevicePlace) {
	sign := "<"
	if q.order().down {
		sign = ">"
	}
	q.bound(c, d, p, sign, sign+"=")
}

// bound compares with a place in the words each database finds in its index; last is the sign at the place itself.
func (q *DeviceQuery) bound(c *condition, d *dialect, p DevicePlace, sign, last string) {
	columns := q.order().columns
	names, values := strings.Split(columns, ", "), []any{p.At, p.User, p.ID}
	values = values[3-len(names):]
	if d.rowValues {
		c.and("("+columns+") "+last+" ("+strings.TrimPrefix(strings.Repeat(", ?", len(names)), ", ")+")", values...)
		return
	}
	end := len(names) - 1
	text, args := names[end]+" "+last+" ?", values[end:]
	for i := end - 1; i >= 0; i-- {
		text = fmt.Sprintf("(%[1]s %[2]s ? OR %[1]s = ? AND %[3]s)", names[i], sign, text)
		args = append([]any{values[i], values[i]}, args...)
	}
	c.and(text, args...)
}

// fits narrows to the state and the text.
func (q *DeviceQuery) fits(c *condition, d *dialect) {
	switch q.State {
	case DevicesConnected:
		c.and("conn_id <> 0")
	case DevicesLagging:
		c.and("conn_id <> 0 AND mark < ?", q.Behind)
	case DevicesAway:
		c.and("conn_id = 0")
	case DevicesAll:
	}
	if q.Text != "" {
		c.and(deviceText[d.name]+" LIKE ?"+likeEscape, "%"+likeEscapes.Replace(q.Text)+"%")
	}
}

var deviceText = map[string]string{
	"sqlite": "(instance_id || ' ' || user_id || ' ' || platform || ' ' || address || ' ' || user_agent)",
	"mysql": "CONCAT_WS(' ', CONVERT(instance_id USING utf8mb4), CONVERT(user_id USING utf8mb4), platform, CONVERT(address USING utf8mb4), " +
		"user_agent) COLLATE utf8mb4_general_ci",
}

func (o deviceOrder) by() string {
	if !o.down {
		return " ORDER BY " + o.columns
	}
	return " ORDER BY " + strings.ReplaceAll(o.columns, ",", " DESC,") + " DESC"
}

// Devices reads a page of devices. However many there are, it looks at a bounded number of them.
func (s *Store) Devices(ctx context.Context, q DeviceQuery) (DevicePage, error) {
	var page DevicePage
	end, err := s.deviceEnd(ctx, q)
	if err != nil {
		return page, s.fault(err)
	}
	table, where := q.from(&s.dialect)
	if end != nil {
		q.until(where, &s.dialect, *end)
	}
	q.fits(where, &s.dialect)
	text := "SELECT " + strings.Join(instanceColumns, ", ") + " FROM " + table + " WHERE " + where.text.String() + q.order().by() + " LIMIT ?"
	page.Devices, err = scanAll(s.read(ctx), scanInstance, text, append(where.args, q.Limit+1)...)
	switch {
	case len(page.Devices) > q.Limit:
		page.Devices = page.Devices[:q.Limit]
		page.Next = q.placeOf(&page.Devices[q.Limit-1])
	case end != nil:
		page.Next, page.Partial = end, true
	}
	return page, s.fault(err)
}

// deviceEnd is where the stretch ends that a search looks at; nil: behind the last device.
func (s *Store) deviceEnd(ctx context.Context, q DeviceQuery) (*DevicePlace, error) {
	if !q.searches() {
		return nil, nil //nolint:nilnil // no end is an answer
	}
	table, where := q.from(&s.dialect)
	columns := q.order().columns
	if q.order().index == "" {
		columns = "0, " + columns
	}
	scan := func(row scanner, p *DevicePlace) error { return row.Scan(&p.At, &p.User, &p.ID) }
	text := "SELECT " + columns + " FROM " + table + " WHERE " + where.text.String() + q.order().by() + " LIMIT 1 OFFSET ?"
	found, err := scanAll(s.read(ctx), scan, text, append(where.args, deviceStretch-1)...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func (q *DeviceQuery) placeOf(in *models.Instance) *DevicePlace {
	p := &DevicePlace{User: in.UserID, ID: in.ID}
	switch q.order().index {
	case "instances_recent":
		p.At = in.ConnectedAt
	case "instances_behind":
		p.At = in.Mark
	}
	return p
}

// DeviceCounts are how many devices a tenant has.
type DeviceCounts struct{ All, Connected, Lagging int64 }

// DeviceCounts counts a tenant's devices; one whose mark is below behind lags while it is connected.
func (s *Store) DeviceCounts(ctx context.Context, tenantID string, behind int64) (DeviceCounts, error) {
	var n DeviceCounts
	err := s.read(ctx).Raw(`SELECT COUNT(*), COALESCE(SUM(conn_id <> 0), 0), COALESCE(SUM(conn_id <> 0 AND mark < ?), 0)
FROM instances`+fmt.Sprintf(deviceHint[s.dialect.name], "instances_behind")+` WHERE tenant_id = ? AND forgotten_at = 0`, behind, tenantID).
		Row().Scan(&n.All, &n.Connected, &n.Lagging)
	return n, s.fault(err)
}

// ConnectedWith counts the devices that are connected with an API key, to any node.
func (s *Store) ConnectedWith(ctx context.Context, tenantID, keyID string) (n int64, err error) {
	err = s.read(ctx).Raw(s.connectedWith(), tenantID, keyID).Row().Scan(&n)
	return n, s.fault(err)
}

func (s *Store) connectedWith() string {
	return "SELECT COUNT(*) FROM instances" + fmt.Sprintf(deviceHint[s.dialect.name], "instances_key") + " WHERE tenant_id = ? AND key_id = ? AND conn_id <> 0"
}

// Waiting counts, for each device, the changes of its user after its mark, up to most of them.
func (s *Store) Waiting(ctx context.Context, devices []models.Instance, most int64) ([]int64, error) {
	if len(devices) == 0 {
		return nil, nil
	}
	var text strings.Builder
	var args []any
	for i := range devices {
		if i > 0 {
			text.WriteString(" UNION ALL ")
		}
		text.WriteString("SELECT ? AS n, COUNT(*) FROM (SELECT 1 FROM changes" + s.dialect.byOwner + " WHERE tenant_id = ? AND owner = ? AND seq > ? LIMIT ?) AS w")
		args = append(args, i, devices[i].TenantID, devices[i].UserID, devices[i].Mark, most)
	}
	out := make([]int64, len(devices))
	scan := func(row scanner, to *[2]int64) error { return row.Scan(&to[0], &to[1]) }
	found, err := scanAll(s.read(ctx), scan, text.String(), args...)
	for _, f := range found {
		out[f[0]] = f[1]
	}
	return out, s.fault(err)
}
