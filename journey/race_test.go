//go:build race

package journey_test

// disorders of each case: Apply has no goroutines, so the race detector, which makes it
// ten times slower, has little to find in more.
const disorders = 20
