package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Two stacks in one checkout do not share a file; a file that a killed stack has left is
// replaced.
func TestEachStackHasAFileOfItsOwn(t *testing.T) {
	dir := t.TempDir()
	const killed = "export STACK_PID='2147483646'\n" // above the kernel's greatest number
	if err := os.WriteFile(filepath.Join(dir, "stack.env"), []byte(killed), 0o600); err != nil {
		t.Fatal(err)
	}
	mine := fmt.Sprintf("export STACK_PID='%d'\n", os.Getpid())
	for _, want := range []string{"stack.env", fmt.Sprintf("stack-%d.env", os.Getpid())} {
		got, err := writeLent(dir, mine)
		if err != nil || got != filepath.Join(dir, want) {
			t.Errorf("got the file %s, error %v; want %s", got, err, want)
		}
	}
}
