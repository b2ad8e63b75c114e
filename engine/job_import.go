package engine

import (
	"context"
	"encoding/json"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// Import is a file of JSON Lines to be written as items, one a line.
type Import struct {
	Name    string `json:"name"`   // of the file, for people
	Owner   string `json:"owner"`  // of lines that name none
	Policy  string `json:"policy"` // what becomes of items that exist: ImportSkip, ImportOverwrite, ImportNewer
	Address string `json:"address"`
}

// What becomes of items that exist already.
const (
	ImportSkip      = "skip"
	ImportOverwrite = "overwrite"
	ImportNewer     = "newer" // overwritten by lines with a later timestamp
)

// The stages of an import.
const (
	StageUpload = "upload" // parts of the file are still to come
	StageCheck  = "check"  // every line is read, nothing is written
	StageReady  = "ready"  // a person looks at what would be done
	StageWrite  = "write"
)

// ImportState is how far an import came.
type ImportState struct {
	Stage    string `json:"stage"`
	Lines    int64  `json:"lines"`
	New      int64  `json:"new"`
	Existing int64  `json:"existing"`
	Newer    int64  `json:"newer"` // of the existing: the line's timestamp is later
	Invalid  int64  `json:"invalid"`
	Skipped  int64  `json:"skipped"`
	Part     int64  `json:"part"` // where reading goes on
	At       int    `json:"at"`
}

// MaxImportBytes bounds a file.
const MaxImportBytes = 1 << 30

// NewImport makes room for a file and gives the id of the job that will read it.
func (e *Engine) NewImport(ctx context.Context, c models.Caller, in Import) (string, error) {
	if err := wholesale(&c); err != nil {
		return "", err
	}
	if in.Owner != "" {
		if err := protocol.CheckOwner(in.Owner); err != nil {
			return "", fault.OfField("owner", "name", "must be a user's id of at most %d bytes, without control characters.", protocol.MaxOwner)
		}
	}
	in.Address = c.Address
	state, err := json.Marshal(ImportState{Stage: StageUpload})
	if err != nil {
		return "", err
	}
	detail, err := json.Marshal(map[string]string{"file": in.Name, "owner": in.Owner})
	if err != nil {
		return "", err
	}
	return e.addJob(ctx, c, models.Job{Kind: JobImport, Status: models.JobHeld, State: state}, in, models.AuditEntry{Action: "items.import", Detail: detail})
}

// AddImport appends part n of an import's file; parts count from 0.
func (e *Engine) AddImport(ctx context.Context, tenantID, id string, n int64, body []byte) error {
	j, _, st, err := e.importJob(ctx, tenantID, id)
	if err != nil {
		return err
	}
	if st.Stage != StageUpload {
		return fault.New(fault.AlreadyResolved, "This file is complete; nothing more can be added to it.")
	}
	_, bytes, err := e.store.JobParts(ctx, tenantID, j.ID)
	if err != nil {
		return err
	}
	if bytes+int64(len(body)) > MaxImportBytes {
		return fault.OfField("file", "max", "may have at most 1 GB. Import it in several files.")
	}
	return e.store.AddJobPart(ctx, tenantID, j.ID, n, body)
}

// importJob reads a job that is an import.
func (e *Engine) importJob(ctx context.Context, tenantID, id string) (j models.Job, in Import, st ImportState, err error) {
	if j, err = e.store.Job(ctx, tenantID, id); err != nil {
		return j, in, st, err
	}
	if j.Kind != JobImport {
		return j, in, st, fault.New(fault.NotFound, "There is no such import.")
	}
	if err = json.Unmarshal(j.Input, &in); err == nil {
		err = json.Unmarshal(j.State, &st)
	}
	return j, in, st, err
}

// CheckImport has a complete file read, without writing anything.
func (e *Engine) CheckImport(ctx context.Context, tenantID, id string) error {
	return e.goOn(ctx, tenantID, id, StageUpload, "")
}

// RunImport has a file that was checked written as items.
func (e *Engine) RunImport(ctx context.Context, tenantID, id, policy string) error {
	switch policy {
	case ImportSkip, ImportOverwrite, ImportNewer:
		return e.goOn(ctx, tenantID, id, StageReady, policy)
	}
	return fault.OfField("policy", "one_of", "must be skip, overwrite or newer.")
}

// goOn lets an import at one stage go on to the next.
func (e *Engine) goOn(ctx context.Context, tenantID, id, from, policy string) error {
	j, in, st, err := e.importJob(ctx, tenantID, id)
	if err != nil {
		return err
	}
	if st.Stage != from || j.Status != models.JobHeld {
		return fault.New(fault.AlreadyResolved, "This import has moved on meanwhile. Reload its page to see where it stands.")
	}
	next := ImportState{Stage: StageCheck}
	if from == StageReady {
		next.Stage, j.Total, in.Policy = StageWrite, st.Lines, policy
	}
	if j.Input, err = json.Marshal(in); err != nil {
		return err
	}
	if j.State, err = json.Marshal(next); err != nil {
		return err
	}
	if err := e.store.ResumeJob(ctx, j); err != nil {
		return err
	}
	e.jobs.wake()
	return nil
}
