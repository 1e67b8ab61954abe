package ledgertest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is the user that the server runs as; nil for the user of the test.
type account struct{ uid, gid int }

// serverUser is nil unless the test runs as root, which PostgreSQL refuses.
func serverUser() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL does not run as root, and there is no user postgres (Debian's package postgresql creates it): %w", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	return &account{uid: uid, gid: gid}, err
}

// own gives the folder to the server's user.
func (a *account) own(folder string) error {
	if a == nil {
		return nil
	}
	return os.Chown(folder, a.uid, a.gid)
}

// run makes cmd run as the server's user, and in a process group of its own, so that an
// interrupt from the terminal does not reach it.
func (a *account) run(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
}
