package firebase

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sync/singleflight"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

const (
	googleKeys = "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"

	fetchTimeout = 2 * time.Second
	maxKeySet    = 64 << 10 // bytes
	maxKeys      = 32
	minModulus   = 2048           // bits
	minAge       = time.Minute    // between two fetches, whoever asks for what
	maxAge       = 24 * time.Hour // that keys are used without another look
)

// keySet holds the keys that were published last. It is safe for concurrent use.
type keySet struct {
	url    string
	clock  clock.Clock
	client *http.Client

	fetching singleflight.Group

	mu      sync.Mutex
	keys    map[string]*rsa.PublicKey
	until   time.Time // they are good
	fetched time.Time // the last try
}

func newKeySet(o Options) *keySet {
	k := &keySet{url: o.KeysURL, clock: o.Clock}
	if k.url == "" {
		k.url = googleKeys
	}
	k.client = &http.Client{
		Timeout:       fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: fetchTimeout, ResponseHeaderTimeout: fetchTimeout, MaxResponseHeaderBytes: maxKeySet, DisableKeepAlives: true,
		},
	}
	return k
}

// find gives the key with the id. One that is not known is looked for anew, once a minute at most.
func (k *keySet) find(ctx context.Context, id string) (*rsa.PublicKey, error) {
	key, good, due := k.known(id)
	if key != nil && good || !due && good {
		return found(key)
	}
	if due {
		_, err, _ := k.fetching.Do("", func() (any, error) {
			if _, _, due := k.known(id); !due {
				return nil, nil //nolint:nilnil // somebody has just looked
			}
			return nil, k.fetch(context.WithoutCancel(ctx))
		})
		key, good, _ = k.known(id)
		if err != nil && (key == nil || !good) {
			return nil, fault.Wrap(fault.Unavailable, err, "Tokens of Firebase cannot be verified now. Try again later.").After(minAge)
		}
	}
	if !good {
		return nil, fault.New(fault.Unavailable, "Tokens of Firebase cannot be verified now. Try again later.").After(minAge)
	}
	return found(key)
}

func found(key *rsa.PublicKey) (*rsa.PublicKey, error) {
	if key == nil {
		return nil, jwt.ErrTokenUnverifiable
	}
	return key, nil
}

// known says what there is of a key, whether the set is still good, and whether one may look for another.
func (k *keySet) known(id string) (key *rsa.PublicKey, good, due bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock.Now()
	return k.keys[id], now.Before(k.until), k.fetched.IsZero() || now.Sub(k.fetched) >= minAge
}

func (k *keySet) fetch(ctx context.Context) error {
	now := k.clock.Now()
	k.mu.Lock()
	k.fetched = now
	k.mu.Unlock()
	keys, age, err := k.get(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys, k.until = keys, now.Add(age)
	return nil
}

func (k *keySet) get(ctx context.Context) (map[string]*rsa.PublicKey, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	u, err := url.Parse(k.url)
	if err != nil || u.Scheme != "https" {
		return nil, 0, errors.New("the keys are fetched by https alone")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, k.url, nil)
	if err != nil {
		return nil, 0, err
	}
	res, err := k.client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = res.Body.Close() }() // it was read
	if res.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("the keys were answered with %d", res.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxKeySet+1))
	if err != nil || len(text) > maxKeySet {
		return nil, 0, errors.Join(err, errors.New("the keys are too many, or cut off"))
	}
	keys, err := readKeys(text)
	return keys, ageOf(res.Header.Get("Cache-Control")), err
}

// ageOf is for how long a set may be used: what its Cache-Control says, from minAge to maxAge.
func ageOf(cacheControl string) time.Duration {
	for directive := range strings.SplitSeq(cacheControl, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(name, "max-age") {
			continue
		}
		if n, err := strconv.ParseInt(strings.Trim(value, `"`), 10, 32); err == nil {
			return min(max(time.Duration(n)*time.Second, minAge), maxAge)
		}
	}
	return minAge
}

// readKeys reads a JSON Web Key Set (RFC 7517); of its keys those that sign with RS256 count.
func readKeys(text []byte) (map[string]*rsa.PublicKey, error) {
	var set struct {
		Keys []struct{ Kid, Kty, Alg, Use, N, E string }
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, err
	}
	keys := map[string]*rsa.PublicKey{}
	for _, one := range set.Keys {
		n, bad := base64.RawURLEncoding.DecodeString(one.N)
		e, worse := base64.RawURLEncoding.DecodeString(one.E)
		if bad != nil || worse != nil || one.Kid == "" || one.Kty != "RSA" || one.Alg != "RS256" || one.Use != "sig" || len(e) > 4 {
			continue
		}
		key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
		if key.N.BitLen() >= minModulus && key.E > 1 && len(keys) < maxKeys {
			keys[one.Kid] = key
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("there is no key in the set")
	}
	return keys, nil
}
