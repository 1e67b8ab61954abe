// Package notify sends what leaves for the customer's systems: one JSON message
// per HTTP POST, signed as Standard Webhooks (https://www.standardwebhooks.com).
//
// A message carries no direct identifier of a person. The one field that can be
// traced to somebody is the customer's own reference, which is added at the
// moment of sending, so that no workflow history ever holds it. The receiver
// recognises a repeated message by the header webhook-id, which is the same over
// all attempts and all endpoints, and a stale decision by its sequence.
//
// The folder schemas holds one JSON Schema and one example per message type;
// they are the contract with the customer, and the tests hold the code to them.
package notify
