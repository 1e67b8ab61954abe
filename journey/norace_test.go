//go:build !race

package journey_test

// disorders of each case.
const disorders = 200
