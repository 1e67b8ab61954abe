package world

import (
	"crypto/rand"
	"encoding/base64"
)

// Secrets are made for one start and stay in this process, except that the demo shows
// its user how to post a webhook.
type Secrets struct {
	APIKey, APISecret string
	// WebhookUser and either password open the endpoint of account demo. The next
	// password has colons in it, as a password may.
	WebhookUser, WebhookPassword, WebhookPasswordNext string
	GovernmentToken                                   string
	// CoreSecret signs the messages to the customer.
	CoreSecret string
	// BackofficeToken opens the customer's API.
	BackofficeToken string
	ReferenceKey    string

	DownAPIKey, DownAPISecret string
	// DownWebhookToken and DownWebhookKey together open that of demo-down.
	DownWebhookToken, DownWebhookKey string
	DownGovernmentToken              string
}

func newSecrets() Secrets {
	signing := make([]byte, 32)
	_, _ = rand.Read(signing) // never fails: it would end the process
	return Secrets{
		APIKey: "key-" + rand.Text(), APISecret: rand.Text(),
		WebhookUser: "idwise", WebhookPassword: rand.Text(), WebhookPasswordNext: rand.Text() + ":with:colons",
		BackofficeToken: rand.Text() + rand.Text(),
		GovernmentToken: rand.Text(), ReferenceKey: rand.Text() + rand.Text(),
		CoreSecret: "whsec_" + base64.StdEncoding.EncodeToString(signing),
		DownAPIKey: "key-" + rand.Text(), DownAPISecret: rand.Text(),
		DownWebhookToken: rand.Text(), DownWebhookKey: rand.Text(), DownGovernmentToken: rand.Text(),
	}
}

// environ is the environment that the configuration's secrets are read from.
func (k Secrets) environ() []string {
	return []string{
		"IDJOURNEY_REFERENCE_KEY=" + k.ReferenceKey,
		"DEMO_BACKOFFICE_TOKEN=" + k.BackofficeToken,
		"DEMO_API_KEY=" + k.APIKey,
		"DEMO_API_SECRET=" + k.APISecret,
		"DEMO_WEBHOOK_PASSWORD=" + k.WebhookPassword,
		"DEMO_WEBHOOK_PASSWORD_NEXT=" + k.WebhookPasswordNext,
		"DEMO_GOVERNMENT_TOKEN=" + k.GovernmentToken,
		"DEMO_CORE_SECRET=" + k.CoreSecret,
		"DOWN_API_KEY=" + k.DownAPIKey,
		"DOWN_API_SECRET=" + k.DownAPISecret,
		"DOWN_WEBHOOK_TOKEN=" + k.DownWebhookToken,
		"DOWN_WEBHOOK_KEY=" + k.DownWebhookKey,
		"DOWN_GOVERNMENT_TOKEN=" + k.DownGovernmentToken,
	}
}
