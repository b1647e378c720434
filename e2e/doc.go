// Package e2e holds no code, only tests that use the whole program from
// outside: a real browser with a camera made of a file, an integrator written
// in Node with nothing but Node's own modules, and the program as users start
// it. They need what `make build` makes.
package e2e
