package protocol

// Frame is one server message, encoded once per format and shared by all sockets it goes to.
type Frame struct{}
