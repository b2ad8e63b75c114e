// Package curl reads curl command lines as people copy them from terminals and browsers.
//
// Parse splits them as a POSIX shell does, without expanding anything, and knows the options
// that say what is asked and by whom. Nothing is run.
package curl

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strings"
)

// Bounds of a command line.
const (
	maxLine  = 64 << 10
	maxWords = 1_000
)

// Request is what a command line asks for.
type Request struct {
	Method  string
	URL     *url.URL
	Headers []Header // in the order given
	Body    bool     // it sends one
}

// Header is a header of a request.
type Header struct{ Name, Value string }

// Header is the first value of a header, whatever its case; empty when there is none.
func (r Request) Header(name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// What is wrong with a command line. They name nothing of it, since it may hold secrets.
var (
	ErrTooLong = errors.New("it is longer than 64 KB")
	ErrQuote   = errors.New("a quote is not closed")
	ErrShell   = errors.New("it is more than one command: only the curl itself can be read")
	ErrNoCurl  = errors.New("it does not begin with curl")
	ErrOption  = errors.New("the last option lacks its value")
	ErrURL     = errors.New("it has no URL, or one that cannot be read")
	ErrMany    = errors.New("it has several URLs: give one request")
)

// Parse reads a command line.
func Parse(line string) (Request, error) {
	if len(line) > maxLine {
		return Request{}, ErrTooLong
	}
	words, err := split(line)
	if err != nil {
		return Request{}, err
	}
	if len(words) > 0 && words[0] == "$" { // of a prompt
		words = words[1:]
	}
	if len(words) == 0 || words[0] != "curl" && words[0] != "curl.exe" {
		return Request{}, ErrNoCurl
	}
	c := command{rest: words[1:]}
	for len(c.rest) > 0 {
		if err := c.next(); err != nil {
			return Request{}, err
		}
	}
	return c.request()
}

// command is a command line that is being read.
type command struct {
	rest  []string
	plain bool // no options any more

	method, target string
	targets        int
	headers        []Header
	agent          *string
	body, get      bool
	head, upload   bool
	data           []string
}

// short are the options of one letter that take a value, and the long ones they stand for.
var short = map[byte]string{
	'X': "request", 'H': "header", 'A': "user-agent", 'd': "data", 'e': "referer", 'u': "user", 'b': "cookie", 'F': "form", 'T': "upload-file",
	'o': "output", 'm': "max-time", 'x': "proxy", 'w': "write-out", 'c': "cookie-jar", 'E': "cert", 'r': "range", 'y': "speed-time", 'Y': "speed-limit",
	'z': "time-cond", 'K': "config", 'D': "dump-header", 'C': "continue-at", 'U': "proxy-user", 'Q': "quote", 'P': "ftp-port", 't': "telnet-option", 'h': "help",
}

// valued are the long options that take a value; one that is not known is taken for a switch.
var valued = map[string]bool{
	"request": true, "header": true, "user-agent": true, "data": true, "data-raw": true, "data-binary": true, "data-ascii": true, "data-urlencode": true, "json": true,
	"url": true, "referer": true, "user": true, "cookie": true, "form": true, "form-string": true, "upload-file": true, "output": true, "max-time": true, "connect-timeout": true,
	"proxy": true, "write-out": true, "cookie-jar": true, "cert": true, "key": true, "cacert": true, "capath": true, "retry": true, "retry-delay": true, "retry-max-time": true,
	"resolve": true, "connect-to": true, "range": true, "interface": true, "limit-rate": true, "max-redirs": true, "config": true, "dump-header": true, "oauth2-bearer": true,
	"proxy-user": true, "url-query": true, "ciphers": true, "tls-max": true, "unix-socket": true, "aws-sigv4": true, "trace": true, "trace-ascii": true, "stderr": true,
	"speed-limit": true, "speed-time": true, "time-cond": true, "continue-at": true, "cert-type": true, "key-type": true, "pass": true, "pinnedpubkey": true, "proto": true,
	"noproxy": true, "dns-servers": true, "expect100-timeout": true, "keepalive-time": true, "max-filesize": true, "rate": true, "variable": true,
}

func (c *command) next() error {
	word := c.rest[0]
	c.rest = c.rest[1:]
	name, long := strings.CutPrefix(word, "--")
	switch {
	case c.plain || word == "-" || !strings.HasPrefix(word, "-"):
		c.at(word)
	case word == "--":
		c.plain = true
	case long && !valued[name]:
		c.flag(name)
	case long:
		return c.take(name)
	default:
		return c.letters(word[1:])
	}
	return nil
}

// letters reads options of one letter, of which the last may have its value behind it.
func (c *command) letters(letters string) error {
	for i := range len(letters) {
		name, takes := short[letters[i]]
		switch {
		case !takes:
			c.flag(map[byte]string{'G': "get", 'I': "head"}[letters[i]])
			continue
		case i+1 < len(letters):
			c.option(name, letters[i+1:])
			return nil
		}
		return c.take(name)
	}
	return nil
}

func (c *command) take(name string) error {
	if len(c.rest) == 0 {
		return ErrOption
	}
	value := c.rest[0]
	c.rest = c.rest[1:]
	c.option(name, value)
	return nil
}

func (c *command) at(target string) {
	c.target = target
	c.targets++
}

func (c *command) flag(name string) {
	switch name {
	case "get":
		c.get = true
	case "head":
		c.head = true
	}
}

func (c *command) option(name, value string) {
	switch name {
	case "request":
		c.method = value
	case "url":
		c.at(value)
	case "header":
		c.header(value)
	case "user-agent":
		c.agent = &value
	case "referer":
		c.headers = append(c.headers, Header{"Referer", value})
	case "cookie":
		c.headers = append(c.headers, Header{"Cookie", value})
	case "user":
		c.headers = append(c.headers, Header{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(value))})
	case "oauth2-bearer":
		c.headers = append(c.headers, Header{"Authorization", "Bearer " + value})
	case "json", "data", "data-raw", "data-binary", "data-ascii", "data-urlencode":
		c.body, c.data = true, append(c.data, value)
	case "form", "form-string":
		c.body = true
	case "upload-file":
		c.upload = true
	}
}

// header reads one as curl does: a name that ends in a semicolon has an empty value, one with nothing after its colon is not sent.
func (c *command) header(line string) {
	name, value, ok := strings.Cut(line, ":")
	if value = strings.TrimSpace(value); !ok || value == "" {
		return
	}
	c.headers = append(c.headers, Header{strings.TrimSpace(name), value})
}

func (c *command) request() (Request, error) {
	if c.targets > 1 {
		return Request{}, ErrMany
	}
	if !strings.Contains(c.target, "://") {
		c.target = "http://" + c.target
	}
	u, err := url.Parse(c.target)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return Request{}, ErrURL
	}
	r := Request{Method: c.verb(), URL: u, Headers: c.headers, Body: (c.body || c.upload) && !c.get}
	if c.get && len(c.data) > 0 {
		u.RawQuery = strings.Trim(u.RawQuery+"&"+strings.Join(c.data, "&"), "&")
	}
	if c.agent != nil {
		r.Headers = append([]Header{{"User-Agent", *c.agent}}, r.Headers...)
	}
	return r, nil
}

func (c *command) verb() string {
	switch {
	case c.method != "":
		return c.method
	case c.head:
		return "HEAD"
	case c.upload:
		return "PUT"
	case c.body && !c.get:
		return "POST"
	}
	return "GET"
}
