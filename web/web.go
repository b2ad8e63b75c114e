// Package web is the building with all the doors in it: one HTTP server with the
// REST door (web/api), the sockets (web/live) and the console (web/console).
//
// Start with routes.go, the list of what is served, and door.go, what every
// request passes on its way there. errors.go is the one way errors leave.
package web
