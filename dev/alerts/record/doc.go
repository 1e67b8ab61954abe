// Package record makes the recordings that package alerts evaluates the rules
// over: starter and worker run as processes of the production binary, between a
// real Temporal server and stand-ins for IDWise, the government and the customer,
// and are scraped while something goes wrong, once for each fault.
package record
