// Package jose signs and verifies tokens (JWS, RFC 7515; JWT, RFC 7519) and publishes the keys that verify them (JWK, RFC 7517).
//
// It is the only room that knows the library underneath. A token is accepted only with a key of the set that its kid names, under exactly
// the algorithm of that key (RFC 8725 §3.1); what is in the token's own header never chooses anything else.
package jose
