package world

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
	// AuditedFlow searches every second for changes whose webhook was lost.
	AuditedFlow = "flow-audited"
)

// OldAfter is the age from which on a result is from before our time.
const OldAfter = 2 * time.Second

// values are what the template does not know before the start.
type values struct {
	listens
	*World
	LedgerFile                       string
	GovernmentURL, DownGovernmentURL string
	TaskQueue, Steps, WrongPath      string
	DownCustomerURL                  string
	FlowID, StepID                   string
	HurriedFlowID, OldFlowID         string
	AuditedFlowID, PlainFlowID       string
	OldAfter                         time.Duration
	// Killable asks for short time-outs, so that what a killed process leaves behind is
	// taken up again within a test's time.
	Killable bool
}

// configure writes the configuration file and reads it as the product does.
func (w *World) configure(_ context.Context, d *doors) error {
	w.ConfigFile = filepath.Join(w.Dir, "idjourney.yaml")
	var text bytes.Buffer
	err := template.Must(template.New("idjourney.yaml").Parse(configText)).Execute(&text, values{
		listens: d.listen, World: w, LedgerFile: w.LedgerFile(),
		GovernmentURL: urlOf(d.government) + "/faces", DownGovernmentURL: urlOf(d.government) + "/down/faces",
		TaskQueue: w.opts.TaskQueue, Steps: w.opts.Steps, WrongPath: w.opts.WrongPath, DownCustomerURL: w.opts.DownCustomerURL, FlowID: flowID, StepID: idwisetest.CustomStepID,
		HurriedFlowID: HurriedFlow, PlainFlowID: PlainFlow, OldFlowID: OldFlow, AuditedFlowID: AuditedFlow, OldAfter: OldAfter,
		Killable: w.opts.Binary != "",
	})
	if err != nil {
		return fmt.Errorf("filling in the configuration: %w", err)
	}
	if err := os.WriteFile(w.ConfigFile, text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	w.Config, err = config.Load(w.ConfigFile, append(w.Keys.environ(), w.opts.Environ...))
	return err
}

// LedgerFile is the ledger's database.
func (w *World) LedgerFile() string { return filepath.Join(w.Dir, "ledger.db") }

// TemporalDir is the folder of Temporal's database.
func (w *World) TemporalDir() string { return filepath.Join(w.Dir, "temporal") }
