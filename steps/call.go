package steps

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"idjourney/journey"
)

// callbackPath is where the API takes a step's answer; the token follows.
const callbackPath = "/v1/callbacks/steps/"

// Key names the one question that a step is asked of an account, a journey, a step,
// a round and a subject, however often it is asked: it is the Idempotency-Key.
func Key(in journey.StepInput) string {
	sum := sha256.Sum256(identity("step", in))
	return "step_" + hex.EncodeToString(sum[:16])
}

// Token makes the capability to answer a question later. It is the same for every
// try of the question, so that all have one body; only who has the secret can make it.
func Token(secret []byte, in journey.StepInput) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write(identity("step callback", in))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// TokenHash is what is stored of a token.
func TokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// CallbackURL is where the answer is posted. apiURL is the API's address as the
// service sees it; without one there is no callback.
func CallbackURL(apiURL, token string) string {
	if apiURL == "" {
		return ""
	}
	return strings.TrimSuffix(apiURL, "/") + callbackPath + token
}

// identity tells questions apart; as JSON, no two parts can flow into each other.
func identity(domain string, in journey.StepInput) []byte {
	// Strings alone: this cannot fail.
	text, _ := json.Marshal([]string{domain, in.Account, in.JourneyID, in.Step, strconv.Itoa(in.Round), in.Subject})
	return text
}
