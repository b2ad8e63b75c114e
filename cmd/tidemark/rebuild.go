package main

import (
	"context"

	"github.com/spf13/pflag"
)

func (m *Main) rebuild(f *pflag.FlagSet) func(context.Context) error {
	return func(context.Context) error { return nil }
}
