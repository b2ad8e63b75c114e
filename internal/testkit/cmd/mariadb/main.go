// Command mariadb runs another command with a private MariaDB beside it, which
// the tests of all packages then share: mariadb -- go test ./...
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"tidemark/internal/testkit"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: mariadb -- command [argument…]")
		return 2
	}
	server, err := testkit.NewServer()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mariadb:", err)
		return 1
	}
	defer server.Remove()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), testkit.ServerVariable+"="+server.Access.URL())
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mariadb:", err)
		return 1
	}
	return 0
}
