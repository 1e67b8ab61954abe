package importer

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"idjourney/config"
	"idjourney/idwise"
	"idjourney/journey"
)

// maxImportReference bounds a reference, in characters; the API's bound is the same.
const maxImportReference = 256

// maxImportLine bounds a line of JSON, in bytes.
const maxImportLine = 64 << 10

// customer is one line of an import. Its reference is personal data: no error and no
// output holds it, or anything else that the file says.
type customer struct {
	line      int
	Account   string `json:"account"`
	JourneyID string `json:"journeyId"`
	Reference string `json:"reference"`
}

var importHeader = []string{"account", "journeyId", "reference"}

// faultyLines says what is wrong with a file, by line.
type faultyLines struct{ lines []faultyLine }

type faultyLine struct {
	line     int
	sentence string
}

func (f *faultyLines) add(line int, sentence string) {
	f.lines = append(f.lines, faultyLine{line, sentence})
}

// Error has one line for each fault, in the order of the file.
func (f *faultyLines) Error() string {
	text := "nothing was imported, correct the file first:"
	for _, l := range slices.SortedStableFunc(slices.Values(f.lines), func(a, b faultyLine) int { return cmp.Compare(a.line, b.line) }) {
		text += fmt.Sprintf("\nline %d: %s", l.line, l.sentence)
	}
	return text
}

func readCustomers(text []byte, cfg *config.Config) ([]customer, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // spreadsheets write one
	faults := &faultyLines{}
	read := readCSV
	if first := bytes.TrimLeft(text, " \t\r\n"); len(first) > 0 && first[0] == '{' {
		read = readJSONLines
	}
	customers := read(text, faults)
	seen := map[[2]string]int{}
	for _, c := range customers {
		if sentence := c.check(cfg); sentence != "" {
			faults.add(c.line, sentence)
			continue
		}
		key := [2]string{c.Account, c.JourneyID}
		if first, twice := seen[key]; twice {
			faults.add(c.line, fmt.Sprintf("the journey is there already, in line %d", first))
			continue
		}
		seen[key] = c.line
	}
	if len(faults.lines) > 0 {
		return nil, faults
	}
	if len(customers) == 0 {
		return nil, errors.New("there is nothing to import in the file")
	}
	return customers, nil
}

// readCSV stops at the first line that is not CSV: the lines after it are not certain.
func readCSV(text []byte, faults *faultyLines) []customer {
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
			faults.add(bad.Line, "is no CSV; what follows was not read")
			return customers
		case err != nil:
			faults.add(1, "cannot be read")
			return customers
		}
		line, _ := r.FieldPos(0)
		switch {
		case first && !slices.Equal(record, importHeader):
			faults.add(line, "is not the header: write "+strings.Join(importHeader, ","))
			return customers
		case first:
		case len(record) != len(importHeader):
			faults.add(line, fmt.Sprintf("has %d fields, not %d", len(record), len(importHeader)))
		default:
			customers = append(customers, customer{line, record[0], record[1], record[2]})
		}
	}
}

func readJSONLines(text []byte, faults *faultyLines) []customer {
	var customers []customer
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxImportLine)
	line := 0
	for lines.Scan() {
		line++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		c := customer{line: line}
		dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&c); err != nil || dec.More() {
			faults.add(line, "is not one JSON object with the keys "+strings.Join(importHeader, ", ")+", each a text")
			continue
		}
		customers = append(customers, c)
	}
	if lines.Err() != nil {
		faults.add(line+1, fmt.Sprintf("is longer than %d bytes; what follows was not read", maxImportLine))
	}
	return customers
}

// check says what is wrong with a line, "" if nothing is.
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
	case utf8.RuneCountInString(c.Reference) > maxImportReference:
		return fmt.Sprintf("the reference is longer than %d characters", maxImportReference)
	}
	return ""
}
