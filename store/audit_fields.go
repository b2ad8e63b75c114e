package store

import (
	"bytes"
	"encoding/json"

	"tidemark/models"
)

// auditField is a field of an entity, as the audit names it.
type auditField struct {
	name  string
	value any
}

// changes are the fields that are not as they were; nil stands for an entity that is not there,
// whose fields are left out where they are empty on the other side.
func changes(was, is []auditField) []models.FieldChange {
	out := []models.FieldChange{}
	longer := was
	if is != nil {
		longer = is
	}
	for i := range longer {
		c := models.FieldChange{Field: longer[i].name}
		if was != nil {
			c.From = was[i].value
		}
		if is != nil {
			c.To = is[i].value
		}
		from, to := plainJSON(c.From), plainJSON(c.To)
		if bytes.Equal(from, to) || (was == nil || is == nil) && blank(from) && blank(to) {
			continue
		}
		out = append(out, c)
	}
	return out
}

func plainJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values always encode
	}
	return b
}

func blank(text []byte) bool {
	switch string(text) {
	case "null", `""`, "0", "false", "[]":
		return true
	}
	return false
}

// replaced says of something secret only that it is another one.
func replaced(field string) models.FieldChange {
	return models.FieldChange{Field: field, From: "the former one", To: "a new one"}
}

// fieldStep is a field that may have changed.
type fieldStep struct {
	field    string
	from, to any
}

// steps are those of them that did.
func steps(all ...fieldStep) []models.FieldChange {
	out := []models.FieldChange{}
	for _, s := range all {
		if !bytes.Equal(plainJSON(s.from), plainJSON(s.to)) {
			out = append(out, models.FieldChange{Field: s.field, From: s.from, To: s.to})
		}
	}
	return out
}

// fresh are the fields of what was not there before.
func fresh(changed []models.FieldChange) []models.FieldChange {
	for i := range changed {
		changed[i].From = nil
	}
	return changed
}

// became says of one field what it was and is.
func became(field string, from, to any) []models.FieldChange {
	return []models.FieldChange{{Field: field, From: from, To: to}}
}

func keyFields(k models.APIKey) []auditField {
	return []auditField{
		{"name", k.Name},
		{"userId", k.UserID},
		{"active", k.Active},
		{"canRead", k.CanRead},
		{"canWrite", k.CanWrite},
		{"scopes", k.Scopes},
		{"ipRestrictions", k.From.IPs},
		{"countryRestrictions", k.From.Countries},
		{"allowUnknownCountry", k.From.Unplaced},
		{"domainRestrictions", k.From.Domains},
		{"userAgentPatterns", k.From.UserAgents},
		{"quotaPerMinute", k.Quotas.PerMinute},
		{"quotaPerHour", k.Quotas.PerHour},
		{"quotaPerDay", k.Quotas.PerDay},
		{"quotaPerMonth", k.Quotas.PerMonth},
		{"expiresAt", k.ExpiresAt},
		{"revokedAt", k.RevokedAt},
		{"rotation", k.Rotation},
		{"rotatedAt", k.RotatedAt},
		{"formerUntil", k.Former.Until},
	}
}

// keyChanges are those of a key. Of its secret they say only that it is another one.
func keyChanges(was, is models.APIKey) []models.FieldChange {
	if was.ID == "" {
		return changes(nil, keyFields(is))
	}
	out := changes(keyFields(was), keyFields(is))
	if !bytes.Equal(was.Hash, is.Hash) {
		out = append(out, replaced("secret"))
	}
	return out
}

func policyFields(p models.ConflictPolicy) []auditField {
	if p.ID == "" {
		return nil
	}
	return []auditField{
		{"collection", p.Collection},
		{"pattern", p.Pattern},
		{"path", p.Path},
		{"strategy", p.Strategy},
		{"fallback", p.Fallback},
		{"kind", p.Kind},
		{"threshold", p.Threshold},
	}
}

func assistantFields(a models.Assistant) []auditField {
	if a.Version == 0 || a.DeletedAt != 0 {
		return nil
	}
	return []auditField{
		{"enabled", a.Enabled},
		{"baseUrl", a.BaseURL},
		{"model", a.Model},
		{"ownKey", a.Key != nil},
		{"threshold", a.Threshold},
		{"redacted", a.Redacted},
		{"daily", a.Daily},
	}
}

func assistantChanges(was, is models.Assistant) []models.FieldChange {
	out := changes(assistantFields(was), assistantFields(is))
	if was.Key != nil && is.Key != nil && !bytes.Equal(was.Key, is.Key) {
		out = append(out, replaced("key"))
	}
	return out
}

// tenantChanges are those of a tenant, with what is no field of its form.
func tenantChanges(was, is models.Tenant) []models.FieldChange {
	out := append([]models.FieldChange{}, differences(was, is)...)
	rest := func(t models.Tenant) []auditField {
		return []auditField{{"suspended", t.Suspended}, {"inTrash", t.DeletedAt != 0}, {"deleteJob", t.DeleteJob}}
	}
	return append(out, changes(rest(was), rest(is))...)
}

// changedAccount is the entry of an account that is made or changed.
func changedAccount(was, is models.Account, action string, more ...models.FieldChange) models.AuditEntry {
	fields := func(m models.Account) []auditField {
		if m.ID == "" {
			return nil
		}
		return []auditField{
			{"email", m.Email}, {"name", m.Name}, {"installation", m.Installation}, {"disabled", m.Disabled}, {"verifiedAt", m.VerifiedAt}, {"lastLoginAt", m.LastLoginAt}, {"avatar", m.Avatar},
		}
	}
	return models.AuditEntry{Action: action, Object: is.ID, Detail: detail(map[string]any{"email": is.Email, "changed": append(changes(fields(was), fields(is)), more...)})}
}

// withChanges adds changes to the details of an entry.
func withChanges(raw []byte, changed []models.FieldChange) []byte {
	all := map[string]any{}
	if len(raw) > 0 {
		known := map[string]json.RawMessage{}
		if json.Unmarshal(raw, &known) != nil {
			return raw
		}
		for name, v := range known {
			all[name] = v
		}
	}
	all["changed"] = changed
	return detail(all)
}
