package demo

import (
	"fmt"
	"io"
	"text/template"

	"idjourney/dev/world"
)

var farewellText = template.Must(template.New("farewell").Parse(`
Everything stays up until Ctrl-C.

  Temporal's Web UI     {{.UIURL}}
  Temporal              export TEMPORAL_ADDRESS={{.TemporalAddress}} TEMPORAL_NAMESPACE={{.Namespace}}
  webhooks              {{.Webhooks}}
  the customer received {{.Received}}
  readiness             {{.AdminURL}}/readyz
  the customer's API    {{.APIURL}}/v1, Authorization: Bearer {{.Keys.BackofficeToken}}
  stand-in for IDWise   {{.VendorURL}}/control/journeys
  configuration         {{.ConfigFile}}
  databases and log     {{.Dir}}

Post a webhook as IDWise would (either password is live):

  curl -i -u '{{.Keys.WebhookUser}}:{{.Keys.WebhookPassword}}' {{.Webhooks}} \
    -d '{"event":"Finished Journey","body":{"eventId":"e-1","journeyId":"nobody-knows-it","systemDecision":"Complete"}}'
  curl -i -u '{{.Keys.WebhookUser}}:{{.Keys.WebhookPasswordNext}}' {{.Webhooks}} -d '{}'

Begin a journey at the stand-in (scripts: {{.VendorURL}}/control/scripts):

  curl -d '{"script":"approve","reference":"customer-1"}' {{.VendorURL}}/control/journeys
`))

// farewell lists the addresses of everything that is up.
func farewell(out io.Writer, s *world.World) error {
	err := farewellText.Execute(out, struct {
		*world.World
		Webhooks, Received string
	}{s, s.WebhookURL(world.Account), s.MessagesURL()})
	if err != nil {
		return fmt.Errorf("saying where everything is: %w", err)
	}
	return nil
}
