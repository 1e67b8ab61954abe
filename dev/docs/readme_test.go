package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"idjourney/dev/embed"
	"idjourney/dev/world"
)

// TestREADMEAtARealAccount types the blocks that README.md marks "```sh run", in order,
// in a fresh copy. The stand-in has the account, the register and the backend that the
// example's placeholders are changed to.
func TestREADMEAtARealAccount(t *testing.T) {
	w, err := world.Start(t.Context(), world.Options{Dir: t.TempDir(), Ports: world.Ports{UI: embed.NoUI}, Binary: built(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Stop(); err != nil {
			t.Error(err)
		}
	})
	dir := fresh(t)
	ports := freePorts(t)
	s := openSession(t, dir, ports)
	s.run(t, "export TEMPORAL_ADDRESS="+w.TemporalAddress+" TEMPORAL_NAMESPACE=readme IDJOURNEY_REFERENCE_KEY=$(openssl rand -base64 32)")
	for name, value := range map[string]string{
		"IDWISE_API_KEY": w.Keys.APIKey, "IDWISE_API_SECRET": w.Keys.APISecret, "IDWISE_WEBHOOK_PASSWORD": w.Keys.WebhookPassword,
		"GOVERNMENT_TOKEN": w.Keys.GovernmentToken, "CORE_WEBHOOK_SECRET": w.Keys.CoreSecret,
	} {
		s.run(t, "export "+name+"='"+value+"'")
	}
	typed := regexp.MustCompile("(?ms)^ *```sh run\n(.*?)\n *```$").FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(typed) != 4 {
		t.Fatalf("README.md has %d blocks marked to be run, want 4", len(typed))
	}
	for i, block := range typed {
		out := s.run(t, block[1])
		t.Logf("%s\n%s", block[1], out)
		switch i {
		case 0:
			change(t, filepath.Join(dir, "idjourney.yaml"), w, s)
		case 2:
			for _, row := range []string{`confirmed +temporal`, `confirmed +ledger`} {
				if !regexp.MustCompile(row).MatchString(out) || strings.Contains(out, "wrong ") {
					t.Errorf("the doctor prints no %q, or something is wrong:\n%s", row, out)
				}
			}
		}
	}
}

// change fills in what the example marks CHANGE, and the test's own ports.
func change(t *testing.T, file string, w *world.World, s *session) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer(
		"https://faces.example.com/lookup", w.Config.Accounts[0].Government.URL,
		"https://core.example.com/idjourney", w.CustomerURL,
		"region: eu", "base_url: "+w.VendorURL+" # region: eu",
		`public: ":8080"`, `public: "127.0.0.1:8080"`,
	).Replace(string(text))
	if err := os.WriteFile(file, []byte(s.local(changed)), 0o600); err != nil {
		t.Fatal(err)
	}
}
