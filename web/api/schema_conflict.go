package api

import "time"

// ConflictBase is what the incoming write of a conflict began from.
type ConflictBase struct {
	Version        int64          `json:"version" doc:"0: there was no item."`
	Kept           bool           `json:"kept" doc:"False: the log does not have it any more."`
	Value          any            `json:"value"`
	Metadata       map[string]any `json:"metadata" nullable:"true"`
	EncryptionType string         `json:"encryptionType,omitempty" enum:"client"`
}

// ConflictCurrent is what stood when a conflict came about.
type ConflictCurrent struct {
	Version        int64          `json:"version"`
	Seq            int64          `json:"seq"`
	Deleted        bool           `json:"deleted"`
	Value          any            `json:"value"`
	Metadata       map[string]any `json:"metadata" nullable:"true"`
	Tags           []string       `json:"tags" nullable:"false"`
	TTL            *time.Time     `json:"ttl" nullable:"true"`
	Priority       int64          `json:"priority"`
	EncryptionType string         `json:"encryptionType,omitempty" enum:"client"`
	InstanceID     string         `json:"instanceId" doc:"The device that wrote it."`
}

// ConflictIncoming is the write that met something else than it knew.
type ConflictIncoming struct {
	Op             string         `json:"op" enum:"set,remove"`
	OpID           string         `json:"opId"`
	Timestamp      int64          `json:"timestamp" doc:"The client's clock, ms since the epoch."`
	Value          any            `json:"value"`
	Metadata       map[string]any `json:"metadata" nullable:"true"`
	Tags           []string       `json:"tags" nullable:"false"`
	TTL            *time.Time     `json:"ttl" nullable:"true"`
	Priority       int64          `json:"priority"`
	EncryptionType string         `json:"encryptionType,omitempty" enum:"client"`
	InstanceID     string         `json:"instanceId"`
	Actor          string         `json:"actor" doc:"The credential that brought it."`
}

// ConflictSuggestion is what an assistant would do.
type ConflictSuggestion struct {
	Choice     *string    `json:"choice" nullable:"true" doc:"current, incoming or merged; null: it failed."`
	Value      any        `json:"value"`
	Confidence float64    `json:"confidence" minimum:"0" maximum:"1"`
	Reason     string     `json:"reason"`
	Model      string     `json:"model"`
	Failure    *string    `json:"failure" nullable:"true"`
	At         *time.Time `json:"at" nullable:"true"`
}

// ConflictStands is what stands after a conflict was settled.
type ConflictStands struct {
	Version int64 `json:"version"`
	Value   any   `json:"value"`
}

// Conflict is a write that could not simply stand, with both sides, the base and what became of it.
type Conflict struct {
	ID         string              `json:"id"`
	Collection string              `json:"collection,omitempty" doc:"Absent: storage."`
	Key        string              `json:"key"`
	ItemID     string              `json:"itemId"`
	UserID     string              `json:"userId"`
	Kind       string              `json:"kind" enum:"concurrent,delete_update,lost_base,base_gone,clock,older,schema,rule"`
	Status     string              `json:"status" enum:"open,resolved"`
	Strategy   *string             `json:"strategy" nullable:"true" doc:"What settled it, or was tried."`
	PolicyID   *string             `json:"policyId" nullable:"true" doc:"Null: the tenant's own setting."`
	Winner     *string             `json:"winner" nullable:"true" doc:"current, incoming or merged."`
	Reason     string              `json:"reason"`
	Fields     []string            `json:"fields" nullable:"false" doc:"What both sides changed: JSON pointers into the value; or metadata, tags, ttl, priority."`
	Base       *ConflictBase       `json:"base,omitempty" doc:"Absent: the write named none."`
	Current    ConflictCurrent     `json:"current"`
	Incoming   ConflictIncoming    `json:"incoming"`
	Suggestion *ConflictSuggestion `json:"suggestion,omitempty" doc:"Of an assistant that was asked."`
	Stands     *ConflictStands     `json:"stands,omitempty" doc:"After a resolution."`
	ResultSeq  int64               `json:"resultSeq" doc:"The change that came of it; 0: none."`
	CreatedAt  *time.Time          `json:"createdAt" nullable:"true"`
	ResolvedAt *time.Time          `json:"resolvedAt" nullable:"true"`
	ResolvedBy *string             `json:"resolvedBy" nullable:"true" doc:"policy, or who decided."`
	Reopened   int64               `json:"reopened" doc:"How often a resolution was undone."`
}

// ConflictPage is a page of conflicts, the newest first.
type ConflictPage struct {
	Conflicts []Conflict `json:"conflicts" nullable:"false"`
	NextPage  *string    `json:"nextPage" nullable:"true"`
}

// Resolution says how to settle a conflict.
type Resolution struct {
	Strategy      string `json:"strategy" enum:"LAST_WRITE_WINS,FIRST_WRITE_WINS,MERGE,AI_ASSISTED,MANUAL"`
	ResolvedValue any    `json:"resolvedValue,omitempty" doc:"With MANUAL: what is to stand."`
	Remove        bool   `json:"remove,omitempty" doc:"With MANUAL, instead of a value: the item is to go."`
	Version       *int64 `json:"version,omitempty" minimum:"0" doc:"The version of the item that was looked at; another one is stale_edit."`
}
