// Package idwise decodes the vendor's webhooks and calls its REST API.
//
// A webhook carries no signature and no order, so a decoded webhook is only a hint to
// check the API. Only [Client.Result] is authoritative. The package knows the vendor's
// names and formats and none of ours. What the vendor does not document for certain
// (paths above all) is in one table, [Operations], which configuration can override.
package idwise
