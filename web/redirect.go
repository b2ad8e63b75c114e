package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	redirectTimeout = 5 * time.Second
	httpsPort       = 443
)

// redirect listens on a second port, for who comes by plain HTTP.
func (s *Server) redirect(ctx context.Context) error {
	if s.opt.RedirectPort == 0 || s.opt.TLSCert == "" {
		return nil
	}
	ln, err := listen(ctx, net.JoinHostPort(s.opt.Host, strconv.Itoa(s.opt.RedirectPort)))
	if err != nil {
		return err
	}
	s.plain = &http.Server{
		Handler: http.HandlerFunc(s.toHTTPS), ReadTimeout: redirectTimeout, WriteTimeout: redirectTimeout, IdleTimeout: redirectTimeout, MaxHeaderBytes: headBytes,
	}
	go func() {
		if err := s.plain.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.opt.Log.Error("redirect_ended", "error", err.Error())
		}
	}()
	return nil
}

// toHTTPS sends on who only wants to look. A program is refused: what it sent was readable on its way, and
// would be each time, if it were sent on.
func (s *Server) toHTTPS(w http.ResponseWriter, r *http.Request) {
	h := r.Header
	secret := h.Get("Authorization") != "" || h.Get("X-API-Key") != "" || h.Get("Cookie") != ""
	if secret || r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "This server speaks HTTPS alone. What was secret in this request could be read on its way: replace it.", http.StatusForbidden)
		return
	}
	to := url.URL{Scheme: "https", Host: s.httpsHost(r.Host)}
	if to.Host == "" || r.URL.Host != "" {
		http.Error(w, "This server speaks HTTPS alone.", http.StatusBadRequest)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", to.String()+r.URL.RequestURI())
	w.WriteHeader(http.StatusPermanentRedirect)
}

// httpsHost is where the same is to be had by HTTPS: where PUBLIC_URL says, else at the host that was asked for.
func (s *Server) httpsHost(asked string) string {
	if u, err := url.Parse(s.opt.PublicURL); err == nil && u.Scheme == "https" {
		return u.Host
	}
	host, _, err := net.SplitHostPort(asked)
	if err != nil {
		host = asked
	}
	_, port, err := net.SplitHostPort(s.Addr())
	if err != nil || host == "" {
		return ""
	}
	if port == strconv.Itoa(httpsPort) {
		return host
	}
	return net.JoinHostPort(host, port)
}
