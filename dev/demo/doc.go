// Package demo plays the scenarios of `make demo` against a running stack, side
// by side, shows a live line for each, and reports how they ended.
package demo
