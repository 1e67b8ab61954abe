// Package demo plays the scenarios of `make demo` in a running world, side
// by side, shows a live line for each, and reports how they ended.
package demo
