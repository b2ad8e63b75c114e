package models

// Assistant is how a tenant has conflicts shown to an assistant. Without one, or
// while it is not enabled, nothing of the tenant leaves the installation.
type Assistant struct {
	TenantID  string
	Enabled   bool     // the tenant has opted in
	BaseURL   string   // of the tenant's own endpoint; empty: the installation's
	Model     string   // empty: the installation's
	Key       []byte   // for the tenant's own endpoint, sealed; nil: it needs none
	Threshold int64    // where the tenant's own setting asks: the confidence in percent from which a suggestion is applied; 0: none is
	Redacted  []string // JSON pointers (RFC 6901) into values, in which * is any one name: what is there is not shown
	Daily     int64    // requests a day (UTC) at most; 0: as many as the installation gives
	Version   int64    // 0: it was never set
	CreatedAt int64
	UpdatedAt int64
	DeletedAt int64 // since when the settings are in the trash, ms: of them only the version is told; 0: they are not
}

// AssistantUse is what a tenant's assistant did on a day.
type AssistantUse struct {
	TenantID  string
	Day       int64 // since 1970-01-01, UTC
	Requests  int64
	Applied   int64 // suggestions that were applied by themselves
	Suggested int64 // that wait, or waited, for a person
	Failed    int64 // conflicts for which there was none
}
