package compose

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Commands are the blocks of a section of docs/operations.md that are marked `sh run`:
// the tests of this package type them.
func Commands(t *testing.T, root, section string, atLeast int) []string {
	t.Helper()
	_, text, ok := strings.Cut(read(t, filepath.Join(root, "docs/operations.md")), "\n### "+section+"\n")
	if !ok {
		t.Fatalf("docs/operations.md has no section %q", section)
	}
	text, _, _ = strings.Cut(text, "\n### ")
	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```sh run\n(.*?)```").FindAllStringSubmatch(text, -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) < atLeast {
		t.Fatalf("the section %q has %d blocks of commands, want %d", section, len(blocks), atLeast)
	}
	return blocks
}

// The commands for a single machine, below a folder that plays the machine's root: the
// units are whole, and hardened.
func TestASingleMachineBySystemd(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Log("nothing was tried: there is no systemd on this machine")
		return
	}
	machine := t.TempDir()
	shell := `set -eu -o pipefail
make() { command make "$@" DESTDIR=` + machine + `; }
systemd-sysusers() { command systemd-sysusers --root=` + machine + `; }
systemctl() { [ "$1" = daemon-reload ] || command systemctl --root=` + machine + ` "${@/--now/--quiet}"; }
chmod() { command chmod "$1" "` + machine + `$2"; }
`
	sh := func(script string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s\n%v\n%s", script, err, out)
		}
		return string(out)
	}
	blocks := Commands(t, root, "On one machine, by systemd", 2)
	sh(shell + blocks[0])
	if err := os.WriteFile(filepath.Join(machine, "etc/idjourney/environment"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, block := range blocks[1:] {
		sh(shell + block)
	}
	for _, unit := range []string{"migrate", "starter", "worker"} {
		name := "idjourney-" + unit + ".service"
		if _, err := os.Lstat(filepath.Join(machine, "etc/systemd/system/multi-user.target.wants", name)); err != nil {
			t.Errorf("%s is not enabled: %v", name, err)
		}
		file := filepath.Join(machine, "etc/systemd/system", name)
		// 2.0 of 10, where 10 is a unit without any protection.
		sh("systemd-analyze security --offline=yes --threshold=20 " + file)
		sh("sed -i s#=/usr/local/bin#=" + machine + "/usr/local/bin# " + file) // where the binary is to be
		if said := sh("systemd-analyze verify --man=no " + file + " 2>&1"); strings.Contains(said, "idjourney") {
			t.Errorf("%s: %s", name, said)
		}
		command := regexp.MustCompile(`(?m)^ExecStart=.*/usr/local/bin/idjourney (.*)$`).FindStringSubmatch(read(t, file))
		if command == nil {
			t.Fatalf("%s starts no command of idjourney", name)
		}
		sh(filepath.Join(machine, "usr/local/bin/idjourney") + " " + command[1] + " --help")
	}
	if users := read(t, filepath.Join(machine, "etc/passwd")); !strings.Contains(users, "idjourney:") {
		t.Errorf("there is no user idjourney: %s", users)
	}
}
