// Package importer imports the customers that were verified before idjourney was in use: it
// reads their journeys from a file and has each adopted as IDWise decided it.
package importer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"

	"idjourney/config"
	"idjourney/idwise"
	"idjourney/journey"
	"idjourney/ledger"
)

// Ledger is what an import needs of a *ledger.Ledger.
type Ledger interface {
	Register(ctx context.Context, j ledger.Journey) error
	RecordEvent(ctx context.Context, e journey.Event) (fresh bool, err error)
}

// progressEvery is the number of lines between two reports of progress.
const progressEvery = 500

// Import checks a whole file and then imports its customers, at most perSecond new ones
// a second. It writes its progress to out. It can be repeated: known journeys are
// skipped.
func Import(ctx context.Context, cfg *config.Config, l Ledger, file string, perSecond float64, out io.Writer) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading what to import: %w", err)
	}
	customers, err := readCustomers(text, cfg)
	if err != nil {
		return err
	}
	im := importer{ledger: l, limit: rate.NewLimiter(rate.Limit(perSecond), 1), out: out}
	return im.run(ctx, customers)
}

// importer imports customers one by one.
type importer struct {
	ledger Ledger
	limit  *rate.Limiter
	out    io.Writer
	// The lines so far, by result; refused holds line numbers.
	taken, known int
	refused      []int
}

// run prints a summary even if it is stopped, so that the progress is known.
func (im *importer) run(ctx context.Context, customers []customer) error {
	var failure error
	for i, c := range customers {
		if failure = ctx.Err(); failure == nil {
			failure = im.take(ctx, c)
		}
		if failure != nil {
			break
		}
		if done := i + 1; done%progressEvery == 0 {
			_, _ = fmt.Fprintf(im.out, "%d of %d lines\n", done, len(customers))
		}
	}
	left := len(customers) - im.taken - im.known - len(im.refused)
	_, _ = fmt.Fprintf(im.out, "%d taken up, %d known before, %d refused, %d left\n", im.taken, im.known, len(im.refused), left)
	switch {
	case errors.Is(failure, context.Canceled):
		return errors.New("stopped: repeat the command to go on")
	case failure != nil:
		return fmt.Errorf("importing: %w", failure)
	case len(im.refused) > 0:
		return fmt.Errorf("the ledger knows these journeys with another reference, or has erased them: lines %s", lineNumbers(im.refused))
	}
	return nil
}

// take waits only after a new journey, so that known journeys cost no time. The reference is
// registered first, because an event without it would begin a journey that cannot be found
// by its reference.
func (im *importer) take(ctx context.Context, c customer) error {
	// A line is completed even if the import is being stopped.
	whole := context.WithoutCancel(ctx)
	err := im.ledger.Register(whole, ledger.Journey{Account: c.Account, JourneyID: c.JourneyID, Reference: c.Reference})
	if errors.Is(err, ledger.ErrRegistered) || errors.Is(err, ledger.ErrErased) {
		im.refused = append(im.refused, c.line)
		return nil
	}
	if err != nil {
		return err
	}
	fresh, err := im.ledger.RecordEvent(whole, journey.Event{
		EventID: "import-" + c.JourneyID, Type: journey.Adopt, Account: c.Account, JourneyID: c.JourneyID, ReceivedAt: time.Now().UTC(),
	})
	if err != nil {
		return err
	}
	if !fresh {
		im.known++
		return nil
	}
	im.taken++
	if err := im.limit.Wait(ctx); err != nil {
		return context.Cause(ctx)
	}
	return nil
}

// maxNumbers bounds the line numbers in an error.
const maxNumbers = 20

func lineNumbers(lines []int) string {
	text := strings.Trim(fmt.Sprint(lines[:min(len(lines), maxNumbers)]), "[]")
	text = strings.ReplaceAll(text, " ", ", ")
	if more := len(lines) - maxNumbers; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

const (
	maxReference = 256      // characters, as in the API
	maxLine      = 64 << 10 // bytes of a line of JSON
)

// customer is one line of an import. Its reference is personal data: neither it nor
// anything else from the file is in an error or in the output.
type customer struct {
	line      int
	Account   string `json:"account"`
	JourneyID string `json:"journeyId"`
	Reference string `json:"reference"`
}

var header = []string{"account", "journeyId", "reference"}

// faults says what is wrong with a file, by line.
type faults map[int]string

// Error has one line for each fault, in the order of the file.
func (f faults) Error() string {
	text := "nothing was imported, correct the file first:"
	for _, line := range slices.Sorted(maps.Keys(f)) {
		text += fmt.Sprintf("\nline %d: %s", line, f[line])
	}
	return text
}

func readCustomers(text []byte, cfg *config.Config) ([]customer, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // spreadsheets write one
	found := faults{}
	read := readCSV
	if first := bytes.TrimLeft(text, " \t\r\n"); len(first) > 0 && first[0] == '{' {
		read = readJSONLines
	}
	customers := read(text, found)
	seen := map[[2]string]int{}
	for _, c := range customers {
		key := [2]string{c.Account, c.JourneyID}
		first, twice := seen[key]
		sentence := c.check(cfg)
		switch {
		case sentence != "":
			found[c.line] = sentence
		case twice:
			found[c.line] = fmt.Sprintf("the journey is there already, in line %d", first)
		default:
			seen[key] = c.line
		}
	}
	if len(found) > 0 {
		return nil, found
	}
	if len(customers) == 0 {
		return nil, errors.New("there is nothing to import in the file")
	}
	return customers, nil
}

// readCSV stops at the first line that is not CSV, because later lines are uncertain.
func readCSV(text []byte, found faults) []customer {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1
	var customers []customer
	for first := true; ; first = false {
		record, err := r.Read()
		var bad *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return customers
		case errors.As(err, &bad):
			found[bad.Line] = "is no CSV; what follows was not read"
			return customers
		case err != nil:
			found[1] = "cannot be read"
			return customers
		}
		line, _ := r.FieldPos(0)
		switch {
		case first && !slices.Equal(record, header):
			found[line] = "is not the header: write " + strings.Join(header, ",")
			return customers
		case first:
		case len(record) != len(header):
			found[line] = fmt.Sprintf("has %d fields, not %d", len(record), len(header))
		default:
			customers = append(customers, customer{line, record[0], record[1], record[2]})
		}
	}
}

func readJSONLines(text []byte, found faults) []customer {
	var customers []customer
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxLine)
	line := 0
	for lines.Scan() {
		line++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		c := customer{line: line}
		dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		dec.DisallowUnknownFields()
		if dec.Decode(&c) != nil || dec.More() {
			found[line] = "is not one JSON object with the keys " + strings.Join(header, ", ") + ", each a text"
			continue
		}
		customers = append(customers, c)
	}
	if lines.Err() != nil {
		found[line+1] = fmt.Sprintf("is longer than %d bytes; what follows was not read", maxLine)
	}
	return customers
}

// check says what is wrong with a line; "" if nothing is wrong.
func (c customer) check(cfg *config.Config) string {
	if _, ok := cfg.Account(c.Account); !ok {
		return "the account is not in the configuration"
	}
	switch {
	case !idwise.ValidID(c.JourneyID):
		return "the journeyId is missing or cannot be an id"
	case strings.TrimSpace(c.Reference) == "":
		return "the reference is missing"
	case !journey.IsText(c.Reference):
		return "the reference has characters that mislead a reader"
	case utf8.RuneCountInString(c.Reference) > maxReference:
		return fmt.Sprintf("the reference is longer than %d characters", maxReference)
	}
	return ""
}
