package doctor

import (
	"context"
	"crypto/rand"
	"errors"

	"idjourney/idwise"
)

// optional says that no decision rests on what the operation reads. Its path is tried
// like the others, but a guess that does not work is no reason to call an account unwell.
func optional(op idwise.Operation) bool {
	return op == idwise.ReadAMLHistory || op == idwise.ReadSpotCheck
}

// informing tries the optional paths. An AML history belongs to a journey, a spot check
// has an id of its own that nobody names here, so that its path can only be seen to answer.
func (cfg Config) informing(ctx context.Context, client *idwise.Client, speaking bool, id string) []Row {
	var rows []Row
	for _, op := range []idwise.Operation{idwise.ReadAMLHistory, idwise.ReadSpotCheck} {
		if op == idwise.ReadSpotCheck {
			id = "idjourney-doctor-" + rand.Text()
		}
		row := Row{Subject: "path " + string(op), State: Guessed}
		if cfg.marked(op) {
			row.State = Confirmed
		}
		e := client.Endpoint(op)
		at := e.Method + " " + e.Path
		if !speaking {
			row.Detail = at + ": cannot be told while address or credentials are wrong"
			rows = append(rows, row)
			continue
		}
		err := client.Probe(ctx, op, id)
		refusal, _ := errors.AsType[*idwise.APIError](err)
		switch {
		case err == nil:
			row.State, row.Detail = Confirmed, at+" answers for this journey"
		case idwise.IsMissing(err):
			row.Detail = at + " answers, but knows nothing of what was asked for"
		case refusal != nil && busy(refusal):
			row.Detail, row.Todo = err.Error(), "ask again later"
		default:
			row.State, row.Detail = Guessed, at+" does not work, and no decision rests on it: "+err.Error()
			row.Todo = "ask IDWise for the path of this operation, and write it below paths of the account"
		}
		rows = append(rows, row)
	}
	return rows
}

// marked says that a person has marked the operation's path as confirmed.
func (cfg Config) marked(op idwise.Operation) bool {
	for _, p := range cfg.Account.Paths {
		if p.Operation == string(op) && p.Confirmed {
			return true
		}
	}
	return false
}
