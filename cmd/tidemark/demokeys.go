package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tidemark/access"
	"tidemark/models"
	"tidemark/store"
)

// demoKey is an API key of the demo, with its secret.
type demoKey struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	User string `json:"user,omitempty"`
	Key  string `json:"key"`
}

// demoKeyFile is DATA_DIR/demo-keys.json: the demo's keys, by tenant.
type demoKeyFile struct {
	Tenants map[string][]demoKey `json:"tenants"`
}

func (f demoKeyFile) slugs() []string {
	return slices.Sorted(maps.Keys(f.Tenants))
}

// wanted are the keys each demo tenant has.
func wanted(user string) []access.NewKey {
	never := 0
	return []access.NewKey{
		{Name: "demo server", Days: &never},
		{Name: "demo reader", ReadOnly: true, Days: &never},
		{Name: "demo kiosk page", ReadOnly: true, From: models.Restrictions{IPs: []string{"198.51.100.0/24"}, Domains: []string{"kiosk.example.com", "*.kiosk.example.com"}}},
		{Name: "demo " + user, UserID: user, Days: &never},
	}
}

func (m *Main) demoKeysPath() string { return filepath.Join(m.Config.DataDir, "demo-keys.json") }

// demoKeys makes the demo's keys, or reads those made before. Their secrets are
// drawn once; only the file knows them.
func (m *Main) demoKeys(ctx context.Context, s *store.Store, tenants []demoTenant) (demoKeyFile, error) {
	file, err := readDemoKeys(m.demoKeysPath())
	if err != nil {
		return file, err
	}
	a := m.accessTo(s)
	var fresh bool
	for _, d := range tenants {
		t, err := s.TenantBySlug(ctx, d.slug)
		if err != nil {
			return file, err
		}
		keep, err := m.standing(ctx, s, t.ID, file.Tenants[d.slug])
		if err != nil {
			return file, err
		}
		if keep {
			continue
		}
		fresh, file.Tenants[d.slug] = true, nil
		for _, n := range wanted(d.visits[0].user) {
			n.TenantID = t.ID
			k, secret, err := a.CreateKey(ctx, n)
			if err != nil {
				return file, fmt.Errorf("make the key %q: %w", n.Name, err)
			}
			file.Tenants[d.slug] = append(file.Tenants[d.slug], demoKey{k.ID, k.Name, k.UserID, secret})
		}
	}
	if !fresh {
		return file, nil
	}
	return file, writeDemoKeys(m.demoKeysPath(), file)
}

// standing says whether the keys in the file are still good for the tenant. If
// not, what is left of earlier ones is revoked.
func (m *Main) standing(ctx context.Context, s *store.Store, tenantID string, kept []demoKey) (bool, error) {
	keys, err := s.APIKeys(ctx, tenantID)
	if err != nil {
		return false, err
	}
	good := map[string]bool{}
	for _, k := range keys {
		good[k.ID] = k.RevokedAt == 0
	}
	all := len(kept) > 0
	for _, k := range kept {
		all = all && good[k.ID]
	}
	if all {
		return true, nil
	}
	for _, k := range keys {
		if k.RevokedAt == 0 && strings.HasPrefix(k.Name, "demo ") {
			if _, err := s.RevokeAPIKey(ctx, k.ID); err != nil {
				return false, err
			}
		}
	}
	return false, nil
}

func readDemoKeys(path string) (demoKeyFile, error) {
	file := demoKeyFile{Tenants: map[string][]demoKey{}}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return file, nil
	}
	if err == nil {
		err = json.Unmarshal(content, &file)
	}
	if err != nil || file.Tenants == nil {
		return file, fmt.Errorf("read %s (remove it to have new keys made): %w", path, err)
	}
	return file, nil
}

func writeDemoKeys(path string, file demoKeyFile) error {
	content, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	fresh := path + ".new"
	if err := os.WriteFile(fresh, append(content, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, path)
}
