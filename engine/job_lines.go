package engine

import (
	"bytes"

	"tidemark/internal/fault"
)

// spot is a place between two lines of a file that is kept in parts.
type spot struct {
	part int64
	at   int   // bytes into the part
	line int64 // lines before it
}

// lineReader reads a file in parts line by line, holding one part and one line.
type lineReader struct {
	spot

	load    func(n int64) ([]byte, error) // `not_found` beyond the last part
	most    int                           // bytes of a line
	body    []byte                        // of the part; nil: not read yet
	tooLong bool                          // the line just read was, and is cut
}

// goTo has the next line read from a place that was reached before.
func (l *lineReader) goTo(s spot) {
	if s.part != l.part {
		l.body = nil
	}
	l.spot = s
}

// next gives the next line, trimmed; false at the end of the file.
func (l *lineReader) next() (line []byte, more bool, err error) {
	l.tooLong = false
	for begun := false; ; begun = true {
		if ended, err := l.open(); err != nil || ended {
			return l.finish(line, begun && len(line) > 0), begun && len(line) > 0, err
		}
		rest := l.body[l.at:]
		end := bytes.IndexByte(rest, '\n')
		if end >= 0 {
			l.at += end + 1
			return l.finish(l.grow(line, rest[:end]), true), true, nil
		}
		line = l.grow(line, rest)
		l.part, l.at, l.body = l.part+1, 0, nil
	}
}

// open reads the part if that has not been done; ended says there is none.
func (l *lineReader) open() (ended bool, err error) {
	if l.body != nil {
		return false, nil
	}
	body, err := l.load(l.part)
	if fault.Is(err, fault.NotFound) {
		return true, nil
	}
	if l.body = body; body == nil {
		l.body = []byte{}
	}
	return false, err
}

func (l *lineReader) grow(line, more []byte) []byte {
	if room := l.most - len(line); len(more) > room {
		l.tooLong, more = true, more[:max(room, 0)]
	}
	return append(line, more...)
}

// finish counts a line that there was.
func (l *lineReader) finish(line []byte, was bool) []byte {
	if was {
		l.line++
	}
	return bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
}
