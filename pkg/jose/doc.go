// Package jose signs and verifies the JSON Web Tokens of tenants and holds their keys (RFC 7515, 7517, 7518, 7519, 8037).
//
// It is the only importer of the JWK library, so that its major version can change here. Tokens themselves are put
// together and taken apart by hand, because a session check costs little more than the signature then: only the compact
// form, only three algorithms, and only headers with exactly alg, kid and typ exist for us. Nothing in a token chooses
// how it is verified: kid picks one of our keys, and alg must be the algorithm of that key.
//
// The package does no I/O and keeps no keys: who owns them, encrypts and stores them is the caller's business.
package jose
