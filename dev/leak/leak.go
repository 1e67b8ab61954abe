// Package leak looks for values that must not be there: the personal data of
// the demo's applicants in the files of Temporal and of the ledger.
package leak

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Value is something to look for. Only Name appears in findings.
type Value struct {
	Name string // "personal number of approve-0001"
	Text string
}

// Finding is one form of one value in one file.
type Finding struct {
	File string
	Name string
	Form string // "plain", "JSON" or "base64"
}

// String says it in one line, without the value.
func (f Finding) String() string { return fmt.Sprintf("%s: %s (%s)", f.File, f.Name, f.Form) }

// shortest is the least length worth a search: shorter values occur by chance.
const shortest = 6

// Search reads every regular file below the given roots, which may be files
// themselves, and answers what it found. A value shorter than six bytes is an
// error, because finding it would prove nothing. So is a root without any file.
func Search(values []Value, roots ...string) ([]Finding, error) {
	for _, v := range values {
		if len(v.Text) < shortest {
			return nil, fmt.Errorf("looking for %q: it is shorter than %d bytes and would be found by chance", v.Name, shortest)
		}
	}
	var found []Finding
	for _, root := range roots {
		files := 0
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			files++
			content, err := read(path)
			if err != nil {
				return err
			}
			found = append(found, inContent(path, content, values)...)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("searching %s: %w", root, err)
		}
		if files == 0 {
			return nil, fmt.Errorf("searching %s: there is no file", root)
		}
	}
	return found, nil
}

// read leaves the reading to another process: closing a file here would drop the
// locks that this process holds on it, and with them SQLite's protection.
func read(path string) ([]byte, error) {
	content, err := exec.Command("cat", "--", path).Output() //nolint:noctx // a local file is soon read
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return content, nil
}

func inContent(path string, content []byte, values []Value) []Finding {
	var found []Finding
	for _, v := range values {
		for form, texts := range forms(v.Text) {
			if slices.ContainsFunc(texts, func(s string) bool { return bytes.Contains(content, []byte(s)) }) {
				found = append(found, Finding{File: path, Name: v.Name, Form: form})
			}
		}
	}
	slices.SortFunc(found, func(a, b Finding) int {
		return strings.Compare(a.Name+a.Form, b.Name+b.Form)
	})
	return found
}

// forms are the ways a value may have been written.
func forms(text string) map[string][]string {
	out := map[string][]string{"plain": {text}, "base64": append(base64Forms(base64.RawStdEncoding, text), base64Forms(base64.RawURLEncoding, text)...)}
	if quoted, err := json.Marshal(text); err == nil {
		if s := strings.Trim(string(quoted), `"`); s != text {
			out["JSON"] = []string{s}
		}
	}
	return out
}

// base64Forms are the three ways in which text shows up inside the base64 of
// something longer, by its position modulo three. Characters that also depend
// on the neighbours are left out.
func base64Forms(enc *base64.Encoding, text string) []string {
	var out []string
	for before := range 3 {
		whole := enc.EncodeToString(append(make([]byte, before), text...))
		first := (before*8 + 5) / 6
		out = append(out, whole[first:(before+len(text))*8/6])
	}
	return out
}
