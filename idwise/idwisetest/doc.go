// Package idwisetest is a stand-in for the vendor: its REST API, its webhook sender
// with the retry schedule on a clock that can be scaled, a fault dial, and a control
// API below /control/. Tests run it in process; people run it as a program.
//
// A journey follows a script, chosen by name or by a magic reference ("refer-approve-17"
// follows refer-approve); see [Scripts]. Where the vendor's contract is silent, the
// stand-in's defaults are choices of ours and no statement about the vendor.
package idwisetest
