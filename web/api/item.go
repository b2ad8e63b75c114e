package api

import (
	"bytes"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// GetItem answers an item, or 304 to whoever has this version already.
func (a *API) GetItem(c *fiber.Ctx, who models.Caller) error {
	key, err := itemKey(c)
	if err != nil {
		return err
	}
	if err := a.opt.Access.Allow(who, access.ItemsRead, models.Storage, key); err != nil {
		return err
	}
	item, err := a.opt.Engine.Get(c.UserContext(), who, models.Storage, key)
	if err != nil {
		return err
	}
	c.Response().Header.SetCanonical(headerCacheControl, privateNoCache)
	setETag(c, item.Version)
	if has(c.Request().Header.Peek(fiber.HeaderIfNoneMatch), item.Version) {
		c.Status(fiber.StatusNotModified)
		return nil
	}
	return send(c, protocol.AppendItem(body(c), &item))
}

// PutItem sets an item.
func (a *API) PutItem(c *fiber.Ctx, who models.Caller) error {
	key, err := itemKey(c)
	if err != nil {
		return err
	}
	op, err := protocol.DecodePut(c.Request().Body(), key)
	if err != nil {
		return err
	}
	if err := createOnly(c, &op); err != nil {
		return err
	}
	return a.write(c, who, op)
}

// DeleteItem removes an item.
func (a *API) DeleteItem(c *fiber.Ctx, who models.Caller) error {
	key, err := itemKey(c)
	if err != nil {
		return err
	}
	op, err := protocol.DecodeDelete(c.Request().Body(), key)
	if err != nil {
		return err
	}
	if version, err := number(c, "version", 0, maxVersion); err != nil {
		return err
	} else if version != nil {
		if err := setBase(&op, *version); err != nil {
			return err
		}
	}
	return a.write(c, who, op)
}

// write settles one operation and answers what became of it.
func (a *API) write(c *fiber.Ctx, who models.Caller, op protocol.Op) error {
	r, err := a.settle(c, who, op)
	if err != nil {
		return err
	}
	setETag(c, r.Version)
	return send(c, protocol.AppendWrite(body(c), r))
}

// settle settles one operation, as the headers of the request want it.
func (a *API) settle(c *fiber.Ctx, who models.Caller, op protocol.Op) (protocol.Result, error) {
	if err := a.opt.Access.Allow(who, access.ItemsWrite, op.Collection, op.Key); err != nil {
		return protocol.Result{}, err
	}
	if err := ifMatch(c, &op); err != nil {
		return protocol.Result{}, err
	}
	var err error
	if op.OpID, err = idempotencyKey(c); err != nil {
		return protocol.Result{}, err
	}
	results, err := a.opt.Engine.Write(c.UserContext(), who, []protocol.Op{op})
	if err != nil {
		return protocol.Result{}, err
	}
	r := results[0]
	if r.Duplicate {
		c.Set("Idempotency-Replayed", "true")
		r.Duplicate = false
	}
	return r, r.Err
}

func idempotencyKey(c *fiber.Ctx) (string, error) {
	id := string(c.Request().Header.Peek("Idempotency-Key"))
	if id == "" {
		return "", nil
	}
	return id, protocol.CheckOpID(id)
}

// itemKey is the key at the end of the path, percent-decoded exactly once.
func itemKey(c *fiber.Ctx) (string, error) {
	raw, ok := bytes.CutPrefix(c.Request().URI().PathOriginal(), []byte(itemPath))
	if !ok { // the path ends before the slash
		return "", fiber.ErrNotFound
	}
	key, err := unescape(raw)
	if err != nil {
		return "", err
	}
	return key, protocol.CheckKey(key)
}

const itemPath = "/api/v1/sync-storage/item/"

func unescape(b []byte) (string, error) {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '%' {
			out = append(out, b[i])
			continue
		}
		if i+2 >= len(b) {
			return "", badEscape()
		}
		n, err := strconv.ParseUint(string(b[i+1:i+3]), 16, 8)
		if err != nil {
			return "", badEscape()
		}
		out = append(out, byte(n))
		i += 2
	}
	return string(out), nil
}

func badEscape() error {
	return fault.New(fault.Malformed, "The key in the path has a %% that is not followed by two hex digits.")
}
