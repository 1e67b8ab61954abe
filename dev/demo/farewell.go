package demo

import (
	"fmt"
	"io"
	"text/template"

	"idjourney/dev/world"
	"idjourney/journey"
)

var farewellText = template.Must(template.New("farewell").Parse(`
Everything stays up until Ctrl-C.

  Temporal's Web UI     {{.UIURL}}
  Temporal              export TEMPORAL_ADDRESS={{.TemporalAddress}} TEMPORAL_NAMESPACE={{.Namespace}}
  webhooks              {{.Webhooks}}
  your backend received {{.Received}}
  readiness             {{.AdminURL}}/readyz
  the API               {{.APIURL}}/v1/openapi.yaml
  stand-in for IDWise   {{.VendorURL}}/control/journeys
  configuration         {{.ConfigFile}}
  databases and log     {{.Dir}}

Begin a journey at the stand-in (scripts: {{.VendorURL}}/control/scripts):

  curl -d '{"script":"approve","reference":"user-1"}' {{.VendorURL}}/control/journeys

Post a webhook as IDWise would ({{.Keys.WebhookPasswordNext}} is the other valid password):

  curl -i -u '{{.Keys.WebhookUser}}:{{.Keys.WebhookPassword}}' {{.Webhooks}} \
    -d '{"event":"Finished Journey","body":{"eventId":"e-1","journeyId":"made-up","systemDecision":"Complete"}}'
{{- with .MadeUp}}

  It starts a journey that fetches the result, which IDWise does not have:
  {{.}}
{{- end}}

Read the decisions and the open reviews:

  curl -H 'Authorization: Bearer {{.Keys.BackofficeToken}}' '{{.APIURL}}/v1/decisions?after=0'
  curl -H 'Authorization: Bearer {{.Keys.BackofficeToken}}' {{.APIURL}}/v1/reviews
{{- with .Review}}

Decide the review of scenario government-down, then read the decision:

  curl -H 'Authorization: Bearer {{$.Keys.BackofficeToken}}' {{$.APIURL}}/v1/journeys/{{.Data.Account}}/{{.Data.JourneyID}}/review \
    --json '{"review":"{{.Data.Review.ID}}","outcome":"approved","reason":"seen in person"}'
  curl -H 'Authorization: Bearer {{$.Keys.BackofficeToken}}' {{$.APIURL}}/v1/journeys/{{.Data.Account}}/{{.Data.JourneyID}}
{{- end}}
`))

// farewell lists the addresses of everything that is up, and what to try.
func farewell(out io.Writer, s *world.World) error {
	open := struct {
		*world.World
		Webhooks, Received, MadeUp string
		Review                     any // a local review that is still open; nil without one
	}{World: s, Webhooks: s.WebhookURL(world.Account), Received: s.MessagesURL(), MadeUp: s.WorkflowURL(journey.WorkflowID(world.Account, "made-up"))}
	for _, m := range s.Customer.Messages() {
		if m.Type == journey.MessageReviewRequired && m.Data.Account == world.AccountDown {
			open.Review = m
			break
		}
	}
	if err := farewellText.Execute(out, open); err != nil {
		return fmt.Errorf("listing the addresses: %w", err)
	}
	return nil
}
