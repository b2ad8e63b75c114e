package gallery

import (
	"github.com/a-h/templ"

	"tidemark/views/activity"
)

func activityPages() []PageState {
	page := func(p activity.Props) templ.Component {
		p.Base, p.Searched, p.Doors = "/console/gallery/activity", 2000, []activity.Door{{Name: "rest", Label: "REST"}, {Name: "socket.io", Label: "Socket.IO"}}
		return activity.Page(p)
	}
	everything := activity.Filter{Text: hostile, Op: "set", User: long, Device: hostile, Door: "rest", Prefix: "work_orders/"}
	return []PageState{
		shelled("activity", "Live activity", "activity", page(activity.Props{Stream: "/console/gallery/overview/stream", Rows: changes(40)})),
		shelled("activity-one", "Live activity", "activity", page(activity.Props{Paused: true, Rows: append(changes(1), hostileRow)})),
		shelled("activity-empty", "Live activity", "activity", page(activity.Props{Paused: true, Empty: true})),
		shelled("activity-no-match", "Live activity", "activity", page(activity.Props{Paused: true, Filter: everything})),
		shelled("activity-paused", "Live activity", "activity", page(activity.Props{Paused: true, Rows: changes(12)})),
	}
}
