package docs

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// session is a shell that a newcomer types into: what one block exports or starts is
// there for the next.
type session struct {
	dir   string
	ports map[string]string
	in    io.Writer
	lines <-chan string // what it prints
	ended chan struct{} // closed when the shell has; what it started may live on
	count int
}

// perBlock bounds one block. The builds are the longest.
const perBlock = 5 * time.Minute

func openSession(t *testing.T, dir string, ports map[string]string) *session {
	t.Helper()
	shell := exec.Command("bash", "--noprofile", "--norc")
	in, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{dir: dir, ports: ports, in: in, lines: spawn(t, shell, dir), ended: make(chan struct{})}
	go func() {
		_ = shell.Wait() // its status says no more than what it printed
		close(s.ended)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-shell.Process.Pid, syscall.SIGTERM) // and what it started
		_ = in.Close()
		for range s.lines { // until every process that prints has ended
			continue
		}
		<-s.ended
	})
	s.run(t, "set -e -o pipefail")
	return s
}

// spawn starts a command in a process group of its own, and returns what it prints.
func spawn(t *testing.T, cmd *exec.Cmd, dir string) <-chan string {
	t.Helper()
	out, its, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, clean(os.Environ()), its, its
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = its.Close() // the child has its own
	return linesOf(out)
}

// linesOf are the lines that processes print, until the last of them has ended.
func linesOf(out io.ReadCloser) <-chan string {
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		defer func() { _ = out.Close() }()
		scanner := bufio.NewScanner(out)
		for scanner.Buffer(nil, 1<<20); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	return lines
}

// clean takes out what the newcomer's machine would not have set.
func clean(environ []string) []string {
	var kept []string
	for _, entry := range environ {
		if !regexp.MustCompile(`^(IDJOURNEY|TEMPORAL|OTEL|PG|STANDIN|IDWISE|MAKE|MFLAGS)`).MatchString(entry) {
			kept = append(kept, entry)
		}
	}
	return kept
}

var port = regexp.MustCompile(`:(80[89][0-9]|82[0-9]{2}|909[0-9])\b`)

// local puts free ports in the place of the pages': others may have taken those.
func (s *session) local(text string) string {
	return port.ReplaceAllStringFunc(text, func(match string) string {
		if free, ok := s.ports[match[1:]]; ok {
			return ":" + free
		}
		return match
	})
}

const sentinel = "the block is done"

// run lets the shell run a text and returns what was printed. A command that fails
// ends the test.
func (s *session) run(t *testing.T, text string) string {
	t.Helper()
	s.count++
	file := filepath.Join(s.dir, fmt.Sprintf(".block-%d.sh", s.count))
	if err := os.WriteFile(file, []byte(s.local(text)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// Read from a file, so that no command eats the next ones.
	if _, err := fmt.Fprintf(s.in, ". %s </dev/null\necho '%s'\n", file, sentinel); err != nil {
		t.Fatalf("the shell has ended: %v", err)
	}
	var printed strings.Builder
	fail := func(how string) {
		t.Helper()
		t.Fatalf("%s:\n%s\n\nit printed:\n%s%s", how, text, &printed, s.logs())
	}
	over := time.After(perBlock)
	for {
		select {
		case line, open := <-s.lines:
			if line == sentinel {
				return printed.String()
			}
			printed.WriteString(line + "\n")
			if !open {
				fail("it fails")
			}
		case <-s.ended:
			time.Sleep(100 * time.Millisecond) // for its last words
			for range len(s.lines) {
				printed.WriteString(<-s.lines + "\n")
			}
			fail("it fails")
		case <-over:
			fail("it does not end")
		}
	}
}

// logs are the ends of what the page's background processes logged.
func (s *session) logs() string {
	var all strings.Builder
	files, _ := filepath.Glob(filepath.Join(s.dir, "*.log")) // the pattern is right
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			fmt.Fprintf(&all, "\n%s:\n%s", filepath.Base(file), text[max(0, len(text)-2000):])
		}
	}
	return all.String()
}

// stays is a command that stays up in a terminal of its own, until Ctrl-C.
type stays struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// start runs the command and returns when it has printed text, with all up to that.
func start(t *testing.T, dir, command, text string) (*stays, string) {
	t.Helper()
	s := &stays{cmd: exec.Command("bash", "-c", "exec "+command), done: make(chan struct{})}
	lines := spawn(t, s.cmd, dir)
	shown := make(chan string, 1)
	go func() {
		var all strings.Builder
		said := false
		for line := range lines {
			all.WriteString(line + "\n")
			if !said && strings.HasSuffix(line, text) {
				said = true
				shown <- all.String()
			}
		}
		s.err = s.cmd.Wait()
		close(shown)
		close(s.done)
	}()
	t.Cleanup(func() { s.stop(t) })
	select {
	case said, ok := <-shown:
		if !ok {
			t.Fatalf("%s ended (%v)", command, s.err)
		}
		return s, said
	case <-time.After(perBlock):
		t.Fatalf("%s does not say %q", command, text)
		return nil, ""
	}
}

// stop is Ctrl-C: everybody in the terminal's foreground gets it.
func (s *stays) stop(t *testing.T) {
	t.Helper()
	select {
	case <-s.done:
		return
	default:
	}
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGINT)
	select {
	case <-s.done:
	case <-time.After(time.Minute):
		t.Errorf("%s does not end by Ctrl-C", s.cmd)
		_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	}
}
