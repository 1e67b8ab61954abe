// Package idwise speaks with the vendor: it decodes the vendor's webhooks and
// calls the vendor's REST API.
//
// A webhook carries no signature and no order, so what this package decodes from
// one is a hint: it says that looking at the API is worth while. Only [Client.Result]
// says what is true. The package knows the vendor's names and shapes and nothing of
// ours; what the vendor does not document for certain (paths above all) stands in one
// table, [Operations], and can be corrected by configuration.
package idwise
