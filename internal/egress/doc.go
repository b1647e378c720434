// Package egress is the only HTTP client of the program: every call to an
// address that somebody else chose goes through it (S39).
//
// In come an address, headers and a body; out come a status and the beginning
// of the answer. The address is judged when it is dialled, on the resolved IP,
// and the connection goes to that very IP: a name that resolves to something
// else a moment later gains nothing (W21). Private, loopback, link-local and all
// other special networks are refused unless allowed by the configuration (W22).
// Redirects are not followed, proxies of the environment are ignored, answers
// are read up to 16 kB, and every call ends at its deadline. A forward proxy of
// the configuration is told the address that was judged, not the name (W24).
//
// What can fail: kyc.Forbidden for an address that may not be called,
// kyc.Invalid with a sentence safe to show for everything that is wrong with the
// receiver: its address, name, certificate, or silence. No error holds the
// address, whose query may name a person. Called by the webhook room through an
// interface of its own.
package egress
