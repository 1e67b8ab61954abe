package stack

import (
	"bytes"
	"context"
	_ "embed" // the configuration file's text
	"fmt"
	"os"
	"path/filepath"
	"text/template"
	"time"

	"idjourney/config"
	"idjourney/idwise/idwisetest"
)

//go:embed idjourney.yaml.tmpl
var configText string

// The flows of account demo. The last three have no custom step.
const (
	flowID = "flow-onboarding"
	// HurriedFlow gives the user two seconds for a renewal, and IDWise two to say
	// something.
	HurriedFlow = "flow-hurried"
	// PlainFlow has no custom step.
	PlainFlow = "flow-plain"
	// OldFlow adopts at the first contact what was finished OldAfter before.
	OldFlow = "flow-old"
	// AuditedFlow looks every second for changes whose webhook was lost.
	AuditedFlow = "flow-audited"
)

// OldAfter is the age from which on a result is from before our time.
const OldAfter = 2 * time.Second

// values are what the template does not know before the start.
type values struct {
	Public, Admin, API, APIURL       string
	LedgerFile                       string
	VendorURL, CustomerURL           string
	GovernmentURL, DownGovernmentURL string
	FlowID, StepID, WrongPath        string
	HurriedFlowID, OldFlowID         string
	AuditedFlowID, PlainFlowID       string
	OldAfter                         time.Duration
}

// configure writes the configuration file and reads it as the product does.
func (s *Stack) configure(_ context.Context, d *doors) error {
	s.ConfigFile = filepath.Join(s.Dir, "idjourney.yaml")
	listens, err := s.listens(d)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	err = template.Must(template.New("idjourney.yaml").Parse(configText)).Execute(&text, values{
		Public: listens[0], Admin: listens[1], API: listens[2], APIURL: s.APIURL, LedgerFile: s.LedgerFile(),
		VendorURL: s.VendorURL, CustomerURL: s.CustomerURL,
		GovernmentURL: urlOf(d.government) + "/faces", DownGovernmentURL: urlOf(d.government) + "/down/faces",
		FlowID: flowID, StepID: idwisetest.CustomStepID, WrongPath: s.opts.WrongPath,
		HurriedFlowID: HurriedFlow, PlainFlowID: PlainFlow, OldFlowID: OldFlow, AuditedFlowID: AuditedFlow, OldAfter: OldAfter,
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
