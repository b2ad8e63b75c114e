package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"strings"
	"time"

	"tidemark/internal/fault"
	"tidemark/internal/seal"
)

const (
	commandPatience = 20 * time.Second // for the program that prints the master key
	commandGoodbye  = time.Second      // for what it leaves running
	maxCommandSaid  = 4 << 10          // bytes
	masterBytes     = 32
)

// masterKey gives what wraps the data keys, when it is asked for; nil where nothing is configured.
func (m *Main) masterKey(ctx context.Context) func() (*seal.Box, error) {
	c := m.Config
	if !c.EncryptionKey.Set() && c.EncryptionCommand == "" {
		return nil
	}
	return func() (*seal.Box, error) {
		text := c.EncryptionKey.Reveal()
		if c.EncryptionCommand != "" {
			var err error
			if text, err = said(ctx, c.EncryptionCommand); err != nil {
				return nil, err
			}
			why := weakness(NewSecret(masterSecret(text)))
			if _, raw := rawKey(text); len(masterSecret(text)) < masterBytes || c.Production && !raw && why != "" {
				return nil, fault.New(fault.Unavailable, "ENCRYPTION_KEY_COMMAND must print 32 bytes in base64 or hex, or at least 32 characters that are hard to guess.")
			}
		}
		former := ""
		if c.EncryptionFormer.Set() {
			former = masterSecret(c.EncryptionFormer.Reveal())
		}
		return seal.New(masterSecret(text), former)
	}
}

// masterSecret is the key that a text stands for: the bytes it spells, or itself.
func masterSecret(text string) string {
	if raw, ok := rawKey(text); ok {
		return string(raw)
	}
	return text
}

func rawKey(text string) ([]byte, bool) {
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString, base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if b, err := decode(text); err == nil && len(b) == masterBytes {
			return b, true
		}
	}
	return nil, false
}

// said is what a program prints, without the blanks around it. What it complains of goes to our
// standard error; what it prints is a secret, and told nowhere.
func said(ctx context.Context, command string) (string, error) {
	words := strings.Fields(command)
	if len(words) == 0 {
		return "", fault.New(fault.Unavailable, "ENCRYPTION_KEY_COMMAND names no program.")
	}
	ctx, cancel := context.WithTimeout(ctx, commandPatience)
	defer cancel()
	out := &bounded{most: maxCommandSaid}
	run := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // the operator's own words
	run.Stdout, run.Stderr, run.WaitDelay = out, os.Stderr, commandGoodbye
	if err := run.Run(); err != nil {
		return "", fault.Wrap(fault.Unavailable, err, "ENCRYPTION_KEY_COMMAND did not give the master key: %s.", err)
	}
	return string(bytes.TrimSpace(out.Bytes())), nil
}

// bounded takes so many bytes and no more.
type bounded struct {
	bytes.Buffer
	most int
}

// Write fails once there are too many.
func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, errors.New("it printed more than a key")
	}
	return b.Buffer.Write(p)
}
