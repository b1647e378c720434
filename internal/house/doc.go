// Package house holds no code, only the test of the rule of the house: who may
// import whom, and why. See docs/decisions.md.
package house
