package docs

import "regexp"

// surprise is what happens around a block that has a command, and what has to come
// of it.
type surprise struct {
	before func()
	after  func(printed string)
}

// helpers begin a journey at the stand-in, and wait for what the ledger says of it.
const helpers = `
begin() { curl -sf -d "{\"script\":\"$1\",\"reference\":\"$2\"}" http://127.0.0.1:8090/control/journeys | cut -d'"' -f4; }
await() {
  for _ in $(seq 60); do
    is=$(psql -At "$IDJOURNEY_LEDGER_URL" -c "SELECT $2 FROM journeys WHERE journey_id = '$1'")
    if [ "$is" = "$3" ]; then return 0; fi
    sleep 0.5
  done
  echo "$2 of journey $1 is '$is', want $3"; return 1
}
decided() { await "$1" outcome "$2"; }
under_review() { await "$1" phase awaiting_review; }`

// surprises are by a command of the block.
func (n *newcomer) surprises() map[string]surprise {
	prints := func(pattern string) surprise {
		return surprise{after: func(printed string) {
			if !regexp.MustCompile(pattern).MatchString(printed) {
				n.t.Errorf("it does not print %s:\n%s", pattern, printed)
			}
		}}
	}
	run := func(text string) func() { return func() { n.s.run(n.t, text) } }
	then := func(text string) func(string) { return func(string) { n.s.run(n.t, text) } }
	return map[string]surprise{
		"bin/idjourney doctor --account acme-sandbox":                                                                prints(`confirmed +temporal`),
		`bin/idjourney notify sample --to http://127.0.0.1:8090/customer/idjourney --secret-env CORE_WEBHOOK_SECRET`: prints(`journey.decided \S+: taken`),
		// A journey is under way while everything is replaced.
		"bin/idjourney version": {
			before: run(helpers + `
UPGRADED=$(begin face-late customer-2)`),
			after: then(`decided "$UPGRADED" approved`),
		},
		// What is told after the backup is forgotten by the restore; what was told before
		// it goes on.
		`pg_dump --format=custom --file=ledger.dump "$IDJOURNEY_LEDGER_URL"`: {
			after: then(`LATER=$(begin approve customer-3); decided "$LATER" approved`),
		},
		`kill -USR2 "$STACK_PID"`: {
			after: then(`[ "$(psql -At "$IDJOURNEY_LEDGER_URL" -c "SELECT count(*) FROM journeys WHERE journey_id = '$LATER'")" = 0 ]
				curl -sf -X POST "http://127.0.0.1:8090/control/journeys/$JOURNEY/aml-match"
				decided "$JOURNEY" on_hold`),
		},
		`bin/idjourney refresh --query 'JourneyAttention = "vendor_unreachable"' --reason 'IDWise is back'`: {
			after: func(string) {
				if out := n.s.run(n.t, `bin/idjourney refresh --query 'JourneyPhase IS NOT NULL'`); !regexp.MustCompile(`^[1-9]\d* of [1-9]`).MatchString(out) {
					n.t.Errorf("a batch reaches no journey: %s", out)
				}
			},
		},
		// Nothing is approved without an answer of every step.
		"go run ./examples/employer/employer-worker 2> step.log & STEP=$!": {
			after: then(`STEPPED=$(begin approve customer-5); decided "$STEPPED" approved`),
		},
		// A customer from before is one whose journey IDWise decided without a webhook.
		"bin/idjourney import customers.csv --rate 5": {
			before: run(`printf 'account,journeyId,reference\nacme-sandbox,%s,customer-2\n' "$UPGRADED" > customers.csv`),
			after:  prints(`[01] taken up, [01] known before, 0 refused, 0 left`).after,
		},
		// The custom step was never due: there is no evidence for it, and a person here decides.
		`bin/idjourney review --account acme-sandbox --journey "$JOURNEY" --outcome approved --actor jane --reason "seen in person"`: {
			before: run(`JOURNEY=$(begin no-custom-step customer-4); under_review "$JOURNEY"`),
			after:  prints(`approved, decided by jane`).after,
		},
	}
}
