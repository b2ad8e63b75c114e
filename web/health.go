package web

import (
	"context"
	"path/filepath"

	"tidemark/internal/fault"
	"tidemark/web/api"
)

const leastDisk = 64 << 20 // bytes that must be free for the server to be well

// checks are what the server stands on.
func (s *Server) checks() []api.Check {
	db := s.opt.Store
	return []api.Check{
		{Name: "app", Run: s.checkApp},
		{Name: "database", Run: func(ctx context.Context) (map[string]any, error) {
			version, err := db.Version(ctx)
			return map[string]any{"kind": db.Kind(), "version": version}, err
		}},
		{Name: "migrations", Run: func(ctx context.Context) (map[string]any, error) {
			current, want, err := db.Migrated(ctx)
			if err == nil && current != want {
				err = fault.New(fault.Unavailable, "The database is at another migration than this program.")
			}
			return map[string]any{"current": current, "want": want}, err
		}},
		{Name: "disk", Run: s.checkDisk},
	}
}

func (s *Server) checkApp(context.Context) (map[string]any, error) {
	select {
	case <-s.draining:
		return nil, fault.New(fault.Unavailable, "The server is stopping.")
	default:
		return map[string]any{"version": s.opt.Version}, nil
	}
}

func (s *Server) checkDisk(context.Context) (map[string]any, error) {
	free, err := freeBytes(keptIn(s.opt.Store.Path(), s.opt.DataDir))
	if err == nil && free < leastDisk {
		err = fault.New(fault.Unavailable, "The disk is full.")
	}
	return map[string]any{"freeBytes": free}, err
}

// keptIn is the folder whose disk we write to: that of the database's file or, when another server keeps the database, ours.
func keptIn(file, dataDir string) string {
	if file == "" {
		return dataDir
	}
	return filepath.Dir(file)
}
