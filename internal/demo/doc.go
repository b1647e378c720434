// Package demo is what `openkyc demo` adds to the platform: a tiny integrator
// on an origin of its own, written with nothing but the public package client,
// specimen passports for download, and one finished session to look at.
//
// In come the addresses and secrets that quickstart made; out comes a website.
// It keeps what it receives in memory only. Nothing here is used in production.
package demo
