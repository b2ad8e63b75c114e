package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// FillSecrets gives each secret left unset one that was drawn once and is kept
// in DATA_DIR/secrets, readable by the owner alone. Several processes may call it at once.
func (c *Config) FillSecrets() error {
	for name, to := range map[string]*Secret{"JWT_SECRET": &c.JWTSecret, "JWT_REFRESH_SECRET": &c.JWTRefreshSecret, "CSRF_SECRET": &c.CSRFSecret, "SEAL_SECRET": &c.SealSecret} {
		if to.Set() {
			continue
		}
		kept, err := keptSecret(c.secretPath(name))
		if err != nil {
			return fmt.Errorf("keep a secret for %s: %w", name, err)
		}
		*to = kept
	}
	return nil
}

func (c *Config) secretPath(name string) string {
	return filepath.Join(c.DataDir, "secrets", strings.ToLower(name))
}

// keptSecret reads the secret at path; the first to ask draws it.
func keptSecret(path string) (Secret, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := drawSecret(path); err != nil {
			return Secret{}, err
		}
		content, err = os.ReadFile(path)
	}
	s := NewSecret(strings.TrimSpace(string(content)))
	if err == nil && len(s.Reveal()) < minSecret {
		err = fmt.Errorf("%s holds no secret; remove it to have a new one drawn", path)
	}
	return s, err
}

// drawSecret writes a new secret beside path and links it into place, so that
// of two processes one wins and nobody reads half a file.
func drawSecret(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // its link stays
	_, err = f.WriteString(random(32) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// random draws n bytes and writes them in letters that need no quoting.
func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
