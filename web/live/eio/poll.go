package eio

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/web/live/ws"
)

// upgradeWait is how long a GET that comes between "2probe" and "5" waits for the "5".
const upgradeWait = 100 * time.Millisecond

// get answers a polling GET with what is queued, waiting for something if nothing is.
func (s *Session) get(c *fiber.Ctx) error {
	if s.double() {
		s.endWith([]byte{packetClose})
		return answer(c, nil)
	}
	probing, claimed := s.claim()
	if !claimed {
		return answer(c, s.lastWord())
	}
	if s.out.Empty() {
		s.await(probing)
	}
	if s.release() && probing {
		return answer(c, nil)
	}
	body := s.lastWord()
	if body == nil {
		body = s.take()
	}
	return answer(c, body)
}

func answer(c *fiber.Ctx, body []byte) error {
	if body == nil {
		return refuse(c, badRequest)
	}
	c.Set(fiber.HeaderContentType, "text/plain; charset=UTF-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(body)
}

// double says whether a GET waits already: the protocol has a session end that asks twice at once.
func (s *Session) double() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.getting && !s.ended && s.conn == nil
}

// claim takes the one GET a session may have.
func (s *Session) claim() (probing, claimed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.conn != nil || s.getting {
		return false, false
	}
	s.getting = true
	select {
	case <-s.wake: // of an earlier GET
	default:
	}
	return s.probing, true
}

func (s *Session) await(probing bool) {
	if !probing {
		<-s.wake // the heartbeat, or its end, comes at the latest
		return
	}
	t := time.NewTimer(upgradeWait)
	defer t.Stop()
	select {
	case <-s.wake:
	case <-t.C:
	}
}

// release gives the GET back and says whether a websocket has taken over.
func (s *Session) release() (upgraded bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.getting = false
	return s.conn != nil
}

// lastWord is what a GET is told when the session has ended: once the word left for it, then nothing.
func (s *Session) lastWord() []byte {
	s.mu.Lock()
	word := s.final
	s.final = nil
	s.mu.Unlock()
	if word != nil {
		s.server.forget(s.id) // without the lock: the server's comes first
	}
	return word
}

// take joins the packets that fit one answer; a noop if there is none.
func (s *Session) take() []byte {
	packets := s.out.Take(s.server.cfg.MaxPayload, 1)
	if len(packets) == 0 {
		return []byte{packetNoop}
	}
	return join(packets)
}

func join(packets []ws.Message) []byte {
	n := len(packets)
	for _, p := range packets {
		n += len(p.Data)
	}
	body := make([]byte, 0, n)
	for i, p := range packets {
		if i > 0 {
			body = append(body, separator)
		}
		body = append(body, p.Data...)
	}
	return body
}

// post takes the packets of a POST body.
func (s *Session) post(c *fiber.Ctx) error {
	if c.Get(fiber.HeaderContentEncoding) != "" {
		return fault.New(fault.UnsupportedEncoding, "Send the payload without a content encoding.")
	}
	raw := c.Request().Body()
	if len(raw) > s.server.cfg.MaxPayload {
		s.end()
		return fault.New(fault.ItemTooLarge, "A payload may have at most %d bytes.", s.server.cfg.MaxPayload)
	}
	s.posts.Lock()
	defer s.posts.Unlock()
	if !s.polls() {
		return refuse(c, badRequest)
	}
	if err := payload(append([]byte(nil), raw...), s.polled); err != nil { // fasthttp uses its buffer again
		s.end()
		return refuse(c, badRequest)
	}
	c.Set(fiber.HeaderContentType, "text/html")
	return c.SendString("ok")
}

// polls says whether the session lives and speaks over polling.
func (s *Session) polls() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.ended && s.conn == nil
}
