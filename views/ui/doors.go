package ui

import "context"

type doorsKey struct{}

// WithDoors lets parts leave out what is not open to who looks: links and forms, by method and address. Without it everything is shown.
func WithDoors(ctx context.Context, open func(method, address string) bool) context.Context {
	return context.WithValue(ctx, doorsKey{}, open)
}

// MayGo says whether a page is open to who looks.
func MayGo(ctx context.Context, address string) bool { return door(ctx, "GET", address) }

// MayDo says whether a form may be sent by who looks.
func MayDo(ctx context.Context, action string) bool { return door(ctx, "POST", action) }

func door(ctx context.Context, method, address string) bool {
	open, ok := ctx.Value(doorsKey{}).(func(method, address string) bool)
	return !ok || open(method, address)
}
