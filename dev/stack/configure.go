package stack

import (
	"bytes"
	"context"
	_ "embed" // the configuration file's text
	"fmt"
	"os"
	"path/filepath"
	"text/template"

	"idjourney/config"
	"idjourney/idwise/idwisetest"
)

//go:embed idjourney.yaml.tmpl
var configText string

const flowID = "flow-onboarding"

// values are what the template does not know before the start.
type values struct {
	Public, Admin, LedgerFile        string
	VendorURL, CustomerURL           string
	GovernmentURL, DownGovernmentURL string
	FlowID, StepID, WrongPath        string
}

// configure writes the configuration file and reads it as the product does.
func (s *Stack) configure(_ context.Context, d *doors) error {
	s.ConfigFile = filepath.Join(s.Dir, "idjourney.yaml")
	public, admin, err := s.listens(d)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	err = template.Must(template.New("idjourney.yaml").Parse(configText)).Execute(&text, values{
		Public: public, Admin: admin, LedgerFile: s.LedgerFile(),
		VendorURL: s.VendorURL, CustomerURL: s.CustomerURL,
		GovernmentURL: urlOf(d.government) + "/faces", DownGovernmentURL: urlOf(d.government) + "/down/faces",
		FlowID: flowID, StepID: idwisetest.CustomStepID, WrongPath: s.opts.WrongPath,
	})
	if err != nil {
		return fmt.Errorf("filling in the configuration: %w", err)
	}
	if err := os.WriteFile(s.ConfigFile, text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	s.Config, err = config.Load(s.ConfigFile, s.Keys.environ())
	return err
}

// LedgerFile is the ledger's database.
func (s *Stack) LedgerFile() string { return filepath.Join(s.Dir, "ledger.db") }

// TemporalDir is the folder of Temporal's database.
func (s *Stack) TemporalDir() string { return filepath.Join(s.Dir, "temporal") }
