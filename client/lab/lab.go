// Package lab looks for what the tests did not think of: some replicas, a real
// server, and a number that decides everything that happens between them - edits,
// partitions, requests and answers that are lost, doubled, late or old, clocks that
// are wrong by an hour, crashes of the replicas, kills of the server, compactions
// and new epochs. At the end all replicas and the server have to be equal to the
// byte, no value may be lost without a trace, and nothing that was removed may have
// come back.
//
// It is all tests: `make lab SEED=7` repeats a run and tells it. world_test.go says
// what happens, net_test.go what the network does, check_test.go what must hold,
// server_test.go is the server: the rooms of the program in a process of their own,
// with a clock that the lab turns.
package lab
