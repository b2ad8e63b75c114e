package main

import (
	"context"

	"github.com/spf13/pflag"
)

func (m *Main) configPrint(*pflag.FlagSet) func(context.Context) error {
	return func(context.Context) error {
		settings := m.Config.Settings()
		if m.json {
			return m.say(map[string]any{"variables": settings, "warnings": append([]string{}, m.Config.Warnings...)}, "")
		}
		return printSettings(m.Stdout, settings, m.Config.Warnings)
	}
}
