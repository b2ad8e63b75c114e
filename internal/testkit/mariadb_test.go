package testkit

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestMariaDB(t *testing.T) {
	t.Parallel()
	a, b := MariaDB(t), MariaDB(t)
	if a.Name == b.Name {
		t.Fatalf("two tests share the database %s", a.Name)
	}
	if back, err := ParseDatabase(a.URL()); err != nil || back != a {
		t.Fatalf("URL does not come back: %v, %v", back, err)
	}
}

func TestServer(t *testing.T) {
	t.Parallel()
	s := StartMariaDB(t)
	db := s.Create(t)
	if err := db.exec("CREATE TABLE " + db.Name + ".kept (n INT)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Kill(); err != nil {
		t.Fatal(err)
	}
	if db.exec("DO 1") == nil {
		t.Fatal("a killed server answers")
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if err := db.exec("INSERT INTO " + db.Name + ".kept VALUES (1)"); err != nil {
		t.Fatalf("a killed server forgot its data: %v", err)
	}
	s.Remove()
	if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
		t.Fatalf("the directory stays behind: %v", err)
	}
}

// TestServerFollows starts a server from a process that is then killed.
func TestServerFollows(t *testing.T) {
	if os.Getenv("TESTKIT_CHILD") != "" {
		s, err := NewServer()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("dir=" + s.dir)
		time.Sleep(time.Minute)
		return
	}
	t.Parallel()
	child := exec.Command(os.Args[0], "-test.run=^TestServerFollows$")
	child.Env = append(os.Environ(), "TESTKIT_CHILD=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 512)
	n, err := out.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	dir := strings.TrimPrefix(strings.TrimSpace(string(buf[:n])), "dir=")
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	_ = child.Process.Kill() // its Wait says the same
	_ = child.Wait()
	Eventually(t, 10*time.Second, "the server of a killed process goes", func() bool {
		_, err := os.Stat(dir)
		return os.IsNotExist(err)
	})
}
